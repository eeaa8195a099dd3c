# One folder, one library: its sources, headers, tests and place in the layering.
#
#   duet_library(stun IN core
#     HEADERS message.hpp SOURCES message.cpp TESTS message_test.cpp
#     DEPENDS base crypto        # other Duet folders: the layering, checked by tools/tidy.py
#     LINK OpenSSL::Crypto       # libraries that appear in its headers
#     LINK_PRIVATE Boost::json)  # libraries that do not
#
# makes duet_stun (alias duet::stun), the test binary stun_test, and an install rule.

include(GNUInstallDirs)

add_library(duet_warnings INTERFACE)
if(DUET_WARNINGS)
  target_compile_options(duet_warnings INTERFACE
    -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wno-missing-field-initializers)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    # Its optimiser sees overlaps and overruns in plain std::string and std::vector calls (GCC bugs
    # 105651, 105329); the sanitizer builds look for the real ones.
    target_compile_options(duet_warnings INTERFACE
      -Wno-restrict -Wno-array-bounds -Wno-stringop-overflow -Wno-stringop-overread)
  endif()
endif()

if(DUET_PRECOMPILE AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  add_compile_options(-fpch-preprocess)  # so that ccache sees them
endif()
if(DUET_PRECOMPILE)
  add_library(duet_precompiled OBJECT cmake/precompiled.cpp)
  target_compile_features(duet_precompiled PRIVATE cxx_std_20)
  target_link_libraries(duet_precompiled PRIVATE $<BUILD_INTERFACE:duet_warnings>)
  target_precompile_headers(duet_precompiled PRIVATE cmake/precompiled.hpp)
endif()

function(duet_library name)
  cmake_parse_arguments(PARSE_ARGV 1 ARG "" "IN" "HEADERS;SOURCES;TESTS;DEPENDS;LINK;LINK_PRIVATE")
  set(target duet_${name})
  set(scope PUBLIC)
  if(ARG_SOURCES)
    add_library(${target} STATIC ${ARG_SOURCES})
    target_link_libraries(${target} PRIVATE $<BUILD_INTERFACE:duet_warnings>)
    if(DUET_PRECOMPILE)
      target_precompile_headers(${target} REUSE_FROM duet_precompiled)
    endif()
    set_target_properties(${target} PROPERTIES UNITY_BUILD ${DUET_UNITY} UNITY_BUILD_BATCH_SIZE ${DUET_UNITY_FILES})
  else()
    set(scope INTERFACE)
    add_library(${target} INTERFACE)
  endif()
  add_library(duet::${name} ALIAS ${target})
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${name})
  target_sources(${target} ${scope} FILE_SET HEADERS
    BASE_DIRS ${PROJECT_SOURCE_DIR}/${ARG_IN} FILES ${ARG_HEADERS})
  target_compile_features(${target} ${scope} cxx_std_20)
  list(TRANSFORM ARG_DEPENDS PREPEND duet_)
  target_link_libraries(${target} ${scope} ${ARG_DEPENDS} ${ARG_LINK})
  if(ARG_LINK_PRIVATE)
    target_link_libraries(${target} PRIVATE ${ARG_LINK_PRIVATE})
  endif()
  install(TARGETS ${target} EXPORT duet_${ARG_IN}_targets COMPONENT library
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT library
    FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT library)

  set_property(GLOBAL APPEND PROPERTY DUET_LIBRARIES_${ARG_IN} ${target})
  set_property(GLOBAL APPEND PROPERTY DUET_LINKS_${ARG_IN} ${ARG_LINK} ${ARG_LINK_PRIVATE})

  if(ARG_TESTS AND DUET_BUILD_TESTS)
    duet_test(${name}_test SOURCES ${ARG_TESTS} LINK ${target})
  endif()
endfunction()

# A GoogleTest binary, known to ctest as one test.
function(duet_test name)
  cmake_parse_arguments(PARSE_ARGV 1 ARG "" "" "SOURCES;LINK")
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_LINK} duet_warnings GTest::gmock_main)
  if(DUET_PRECOMPILE)
    if(NOT TARGET duet_precompiled_tests)
      add_library(duet_precompiled_tests OBJECT ${PROJECT_SOURCE_DIR}/cmake/precompiled.cpp)
      target_link_libraries(duet_precompiled_tests PRIVATE duet_warnings GTest::gmock_main)
      target_precompile_headers(duet_precompiled_tests PRIVATE ${PROJECT_SOURCE_DIR}/cmake/precompiled_tests.hpp)
    endif()
    target_precompile_headers(${name} REUSE_FROM duet_precompiled_tests)
  endif()
  add_test(NAME ${name} COMMAND ${name} --gtest_brief=1)
endfunction()

# A libFuzzer target with its corpus in fuzz/corpus/<name>; without clang's fuzzer the same file
# becomes a program that runs the corpus once, so that every build tests the property.
function(duet_fuzz name)
  cmake_parse_arguments(PARSE_ARGV 1 ARG "" "" "SOURCES;LINK")
  add_executable(fuzz_${name} ${ARG_SOURCES})
  target_link_libraries(fuzz_${name} PRIVATE ${ARG_LINK} duet_warnings)
  if(DUET_FUZZER)
    target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
  else()
    if(NOT TARGET duet_run_corpus)
      add_library(duet_run_corpus STATIC ${PROJECT_SOURCE_DIR}/fuzz/run_corpus.cpp)
      target_compile_features(duet_run_corpus PRIVATE cxx_std_20)
      target_link_libraries(duet_run_corpus PRIVATE duet_warnings)
    endif()
    target_link_libraries(fuzz_${name} PRIVATE duet_run_corpus)
    add_test(NAME fuzz_${name}
      COMMAND fuzz_${name} ${PROJECT_SOURCE_DIR}/fuzz/corpus/${name})
  endif()
endfunction()
