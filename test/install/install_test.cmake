# Installs the build into an empty folder, builds strangers' projects against it, and runs them.
function(run)
  execute_process(COMMAND ${ARGV} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

# build_and_run(PROJECT [FLAG...]): tells it where Duet is installed, and nothing else of this build.
function(build_and_run project)
  run(${CMAKE_COMMAND} -S ${source}/${project} -B ${work}/${project} -G ${generator}
    -D CMAKE_PREFIX_PATH=${work}/tree -D CMAKE_CXX_COMPILER=${compiler}
    -D CMAKE_CXX_COMPILER_LAUNCHER=${launcher} "-DCMAKE_CXX_FLAGS=${flags}" ${ARGN})
  run(${CMAKE_COMMAND} --build ${work}/${project})
  run(${work}/${project}/${project})
endfunction()

file(REMOVE_RECURSE ${work}/tree ${work}/stranger ${work}/caller)
run(${CMAKE_COMMAND} --install ${build} --prefix ${work}/tree --component library)

# Nothing in the installed files may point back at this source or build tree.
file(GLOB_RECURSE configs ${work}/tree/*.cmake)
foreach(config IN LISTS configs)
  file(STRINGS ${config} lines REGEX "${build}")
  if(lines)
    message(FATAL_ERROR "${config} names the build tree: ${lines}")
  endif()
endforeach()

build_and_run(stranger)
build_and_run(caller -D example=${example})
