# Installs the build into an empty folder, builds the stranger's project against it, and runs that.
function(run)
  execute_process(COMMAND ${ARGV} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

file(REMOVE_RECURSE ${work}/tree ${work}/stranger)
run(${CMAKE_COMMAND} --install ${build} --prefix ${work}/tree --component library)

# Nothing in the installed files may point back at this source or build tree.
file(GLOB_RECURSE configs ${work}/tree/*.cmake)
foreach(config IN LISTS configs)
  file(STRINGS ${config} lines REGEX "${build}")
  if(lines)
    message(FATAL_ERROR "${config} names the build tree: ${lines}")
  endif()
endforeach()

run(${CMAKE_COMMAND} -S ${source}/stranger -B ${work}/stranger -G ${generator}
  -D CMAKE_PREFIX_PATH=${work}/tree -D CMAKE_CXX_COMPILER=${compiler}
  -D CMAKE_CXX_COMPILER_LAUNCHER=${launcher} "-DCMAKE_CXX_FLAGS=${flags}")
run(${CMAKE_COMMAND} --build ${work}/stranger)
run(${work}/stranger/stranger)
