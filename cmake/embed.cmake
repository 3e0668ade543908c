# mes_embed(TARGET SYMBOL FILE): puts FILE's bytes into TARGET as the C symbols SYMBOL_begin and SYMBOL_end:
#   extern "C" { extern const char SYMBOL_begin[]; extern const char SYMBOL_end[]; }
# A zero byte follows the last one. Changing FILE makes the object anew.
include_guard()
function(mes_embed target symbol file)
  cmake_path(ABSOLUTE_PATH file BASE_DIRECTORY ${CMAKE_SOURCE_DIR} NORMALIZE)
  set(assembly ${CMAKE_CURRENT_BINARY_DIR}/${symbol}.S)
  file(CONFIGURE OUTPUT ${assembly} CONTENT
".section .rodata
.global @symbol@_begin
.global @symbol@_end
.balign 16
@symbol@_begin:
.incbin \"@file@\"
@symbol@_end:
.byte 0
.section .note.GNU-stack,\"\",%progbits
" @ONLY)
  set_source_files_properties(${assembly} PROPERTIES OBJECT_DEPENDS ${file})
  target_sources(${target} PRIVATE ${assembly})
endfunction()
