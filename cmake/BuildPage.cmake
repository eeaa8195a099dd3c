# Run by the build (cmake -P): brings web/dist up to date and copies it to OUT/dist.
#
#   WEB      the page's folder          OUT      the build's folder for it
#   NPM      npm, or empty to take web/dist as it is
#   SOURCES  a file that lists the page's sources, one a line
#
# Several build folders share web/, so all happens under a lock, and what one has built from the
# same sources, another one takes.

cmake_minimum_required(VERSION 3.25)

function(run_npm what)
  execute_process(COMMAND ${NPM} ${ARGN} WORKING_DIRECTORY ${WEB} RESULT_VARIABLE result
    OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "${what} failed (npm ${ARGN} in ${WEB}):\n${output}")
  endif()
endfunction()

file(LOCK ${WEB} DIRECTORY GUARD PROCESS TIMEOUT 900)

if(NPM AND EXISTS ${WEB}/package.json)
  file(STRINGS ${SOURCES} sources)
  set(hashes "")
  foreach(source ${sources})
    if(EXISTS ${source})
      file(SHA256 ${source} hash)
      file(RELATIVE_PATH name ${WEB} ${source})
      list(APPEND hashes "${name} ${hash}")
    endif()
  endforeach()
  string(SHA256 wanted "${hashes}")
  set(stamp ${WEB}/dist/.built-from)
  set(built "")
  if(EXISTS ${stamp})
    file(READ ${stamp} built)
  endif()

  if(NOT built STREQUAL wanted)
    # npm writes this file when it has installed all that the lock file names. Both may be written
    # by the same npm command, within a moment.
    set(installed ${WEB}/node_modules/.package-lock.json)
    set(lock_time 0)
    set(installed_time -1)
    if(EXISTS ${installed})
      file(TIMESTAMP ${WEB}/package-lock.json lock_time "%s" UTC)
      file(TIMESTAMP ${installed} installed_time "%s" UTC)
      math(EXPR installed_time "${installed_time} + 5")
    endif()
    if(installed_time LESS lock_time)
      message(STATUS "Installing what the page is built with")
      run_npm("Installing the page's packages" ci --ignore-scripts --no-audit --no-fund)
    endif()
    run_npm("Building the page" run build)
    file(WRITE ${stamp} "${wanted}")
  endif()
endif()

if(NOT EXISTS ${WEB}/dist/index.html)
  message(FATAL_ERROR
    "There is no page to embed: ${WEB}/dist is empty, and npm is not there to build it. "
    "Install nodejs and npm, or unpack a release archive, which carries web/dist.")
endif()

file(REMOVE_RECURSE ${OUT}/dist)
file(COPY ${WEB}/dist DESTINATION ${OUT})
