# Compiler, warnings, sanitizers: the same for every target of ours.

if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang" OR CMAKE_CXX_COMPILER_VERSION VERSION_LESS 19)
  message(FATAL_ERROR
    "clang 19 or later is needed, this is ${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION}: "
    "g++ 12.2 destroys temporaries twice in co_await expressions (ARCHITECTURE.md, Compiler). "
    "Use a preset: cmake --preset release")
endif()

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1")
set(CMAKE_CXX_FLAGS_DEBUG "-O1 -g1 -fno-omit-frame-pointer")
add_link_options(-fuse-ld=mold)

set(MES_SANITIZE "" CACHE STRING "Sanitizers, as in -fsanitize=")
option(MES_FUZZ "Build the libFuzzer targets of fuzz/" OFF)
if(MES_SANITIZE)
  add_compile_options("-fsanitize=${MES_SANITIZE}" -fno-sanitize-recover=all)
  add_link_options("-fsanitize=${MES_SANITIZE}")
endif()
if(MES_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

# Warnings are errors in our code; library headers are included as system headers.
add_library(mes_warnings INTERFACE)
target_compile_options(mes_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wimplicit-fallthrough
  -Wunused -Wcast-qual -Werror -Wno-missing-field-initializers -Wno-missing-designated-field-initializers)
