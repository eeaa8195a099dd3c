# The page as a library: built by npm from its sources, then turned into object data.
#
#   duet_embed_page(duet_web_page ${PROJECT_SOURCE_DIR}/web)
#
# makes duet_web_page (alias duet::web_page), which defines duet::web::page_files(). Nothing runs
# before something links it. The build follows the page's sources; without npm, or with
# DUET_BUILD_PAGE=OFF, web/dist is taken as it is (release archives carry one).

option(DUET_BUILD_PAGE "Build the page with npm; otherwise take web/dist as it is" ON)

function(duet_embed_page target web)
  find_package(ZLIB REQUIRED)
  find_program(DUET_NPM npm DOC "Builds the page")
  mark_as_advanced(DUET_NPM)
  set(npm "")
  if(DUET_BUILD_PAGE AND DUET_NPM)
    set(npm ${DUET_NPM})
  endif()

  # Everything in web/ but what npm and the build put there.
  file(GLOB entries CONFIGURE_DEPENDS ${web}/*)
  list(FILTER entries EXCLUDE REGEX "/(node_modules|dist|cmake\\.lock|README\\.md)$")
  set(sources "")
  foreach(entry ${entries})
    if(IS_DIRECTORY ${entry})
      file(GLOB_RECURSE files CONFIGURE_DEPENDS ${entry}/*)
      list(APPEND sources ${files})
    else()
      list(APPEND sources ${entry})
    endif()
  endforeach()
  list(FILTER sources EXCLUDE REGEX "(\\.test\\.ts|/README\\.md)$")
  set(inputs ${sources})
  if(NOT npm)
    file(GLOB_RECURSE inputs CONFIGURE_DEPENDS ${web}/dist/*)
  endif()

  # The program that embeds. It needs two small sources only, not the libraries they belong to.
  add_executable(duet_embed_files EXCLUDE_FROM_ALL ${PROJECT_SOURCE_DIR}/cmake/embed/embed_files.cpp
    ${PROJECT_SOURCE_DIR}/shell/duet/web/media_type.cpp)
  target_include_directories(duet_embed_files PRIVATE ${PROJECT_SOURCE_DIR}/shell)
  target_link_libraries(duet_embed_files PRIVATE duet_crypto duet_warnings ZLIB::ZLIB)

  set(out ${CMAKE_CURRENT_BINARY_DIR}/page)
  file(MAKE_DIRECTORY ${out})
  list(JOIN sources "\n" listed)
  file(GENERATE OUTPUT ${out}/sources.txt CONTENT "${listed}\n")
  add_custom_command(
    OUTPUT ${out}/page.cpp ${out}/page.bin
    COMMAND ${CMAKE_COMMAND} -DWEB=${web} -DOUT=${out} -DNPM=${npm} -DSOURCES=${out}/sources.txt
      -P ${PROJECT_SOURCE_DIR}/cmake/BuildPage.cmake
    COMMAND duet_embed_files ${out}/dist ${out}
    DEPENDS ${inputs} ${out}/sources.txt ${PROJECT_SOURCE_DIR}/cmake/BuildPage.cmake
    COMMENT "Building and embedding the page"
    VERBATIM)
  set_source_files_properties(${out}/page.cpp PROPERTIES OBJECT_DEPENDS ${out}/page.bin)
  add_library(${target} STATIC EXCLUDE_FROM_ALL ${out}/page.cpp)
  string(REPLACE "duet_" "duet::" alias ${target})
  add_library(${alias} ALIAS ${target})
  target_compile_features(${target} PUBLIC cxx_std_20)
  target_link_libraries(${target} PUBLIC duet_web)
endfunction()
