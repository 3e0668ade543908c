# mes_folder(NAME LINK lib... [TEST_LINK lib...] [ALONE pattern...]): one target for a folder of src/.
#
# Sources are every .cc below the folder except *_test.cc; those make one test program, NAME_test.
# What LINK does not name fails to link, which keeps the ranks of ARCHITECTURE.md honest.
#
# The release preset compiles several sources as one, for what they include costs more than what they are. ALONE are
# those that have a name of their own in common with others, or include what others must not see.
function(mes_folder name)
  cmake_parse_arguments(arg "" "" "LINK;TEST_LINK;ALONE" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS *.cc *.S)
  file(GLOB_RECURSE headers CONFIGURE_DEPENDS *.h)
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "_test\\.cc$")
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")

  if(sources)
    add_library(mes_${name} STATIC ${sources} ${headers})
    target_include_directories(mes_${name} PUBLIC ${CMAKE_SOURCE_DIR}/src ${CMAKE_BINARY_DIR}/generated)
    target_link_libraries(mes_${name} PUBLIC ${arg_LINK} PRIVATE mes_warnings)
    if(arg_ALONE)
      file(GLOB alone CONFIGURE_DEPENDS ${arg_ALONE})
      set_source_files_properties(${alone} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
    endif()
  else()
    add_library(mes_${name} INTERFACE)
    target_include_directories(mes_${name} INTERFACE ${CMAKE_SOURCE_DIR}/src ${CMAKE_BINARY_DIR}/generated)
    target_link_libraries(mes_${name} INTERFACE ${arg_LINK})
  endif()

  if(tests)
    add_executable(${name}_test ${tests})
    set_target_properties(${name}_test PROPERTIES UNITY_BUILD OFF)
    target_link_libraries(${name}_test PRIVATE mes_${name} ${arg_TEST_LINK} mes_warnings GTest::gmock_main)
    gtest_discover_tests(${name}_test PROPERTIES LABELS ${name} DISCOVERY_TIMEOUT 60
      WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  endif()
endfunction()
