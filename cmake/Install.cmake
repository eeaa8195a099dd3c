# Install rules: the command, the libraries with their headers, and what find_package(duet) reads.
include(CMakePackageConfigHelpers)

# duet::core and duet::shell stand for all folders of their layer.
foreach(layer core shell)
  get_property(libraries GLOBAL PROPERTY DUET_LIBRARIES_${layer})
  add_library(duet_${layer} INTERFACE)
  add_library(duet::${layer} ALIAS duet_${layer})
  set_target_properties(duet_${layer} PROPERTIES EXPORT_NAME ${layer})
  target_link_libraries(duet_${layer} INTERFACE ${libraries})
  install(TARGETS duet_${layer} EXPORT duet_${layer}_targets COMPONENT library)
  install(EXPORT duet_${layer}_targets NAMESPACE duet:: FILE duet-${layer}-targets.cmake
    DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/duet COMPONENT library)
endforeach()

# Packages that the shell's libraries link, as find_dependency() calls for whoever asks for them. The
# core's own three are written down in duetConfig.cmake.in.
get_property(links GLOBAL PROPERTY DUET_LINKS_shell)
set(DUET_SHELL_DEPENDENCIES "")
list(FILTER links INCLUDE REGEX "::")  # a plain library is named by its path
list(TRANSFORM links REPLACE "^PkgConfig::(.+)$" "PkgConfig-\\1")
list(TRANSFORM links REPLACE "::.*$" "")
list(REMOVE_DUPLICATES links)
foreach(package IN LISTS links)
  if(package MATCHES "^PkgConfig-(.+)$")
    set(prefix ${CMAKE_MATCH_1})
    string(APPEND DUET_SHELL_DEPENDENCIES "  find_dependency(PkgConfig)\n"
      "  pkg_check_modules(${prefix} REQUIRED IMPORTED_TARGET ${${prefix}_MODULE_NAME})\n")
  else()
    string(APPEND DUET_SHELL_DEPENDENCIES "  find_dependency(${package})\n")
  endif()
endforeach()

configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/duetConfig.cmake.in
  ${PROJECT_BINARY_DIR}/duetConfig.cmake INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/duet)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/duetConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/duetConfig.cmake ${PROJECT_BINARY_DIR}/duetConfigVersion.cmake
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/duet COMPONENT library)

if(TARGET duet)
  install(TARGETS duet RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT runtime)
  # where apps/duet/calling_program.hpp looks for it
  install(TARGETS duet_call_program RUNTIME DESTINATION libexec/duet COMPONENT runtime)
  install(FILES ${PROJECT_SOURCE_DIR}/README.md ${PROJECT_SOURCE_DIR}/README.zh.md
      ${PROJECT_SOURCE_DIR}/CHANGELOG.md ${PROJECT_SOURCE_DIR}/SECURITY.md
    DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT runtime)
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/docs  # where the README's links find it
    DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT runtime)
  install(FILES ${PROJECT_SOURCE_DIR}/LICENSE
    DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT runtime RENAME copyright)
  install(FILES ${PROJECT_SOURCE_DIR}/packaging/duet.service
      ${PROJECT_SOURCE_DIR}/packaging/duet-device@.service
    DESTINATION lib/systemd/system COMPONENT runtime OPTIONAL)
  install(FILES ${PROJECT_SOURCE_DIR}/packaging/duet.example.toml
    DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT runtime OPTIONAL)
  include(${CMAKE_CURRENT_LIST_DIR}/Package.cmake)
endif()
