# The server must not load what only calls need: each such library is memory that nothing of it uses.
# Run with -DDUET=the program.
execute_process(COMMAND ldd ${DUET} OUTPUT_VARIABLE libraries COMMAND_ERROR_IS_FATAL ANY)
string(REGEX MATCHALL "[^\n]+\\.so[^\n]*" lines "${libraries}")
list(LENGTH lines count)
foreach(unwanted avcodec avformat SDL2 X11 openh264 webrtc)
  if(libraries MATCHES "lib${unwanted}")
    message(FATAL_ERROR "duet loads lib${unwanted}; what uses it belongs to duet-call (apps/call)\n${libraries}")
  endif()
endforeach()
if(count GREATER 30)
  message(FATAL_ERROR "duet loads ${count} shared libraries; 30 are enough\n${libraries}")
endif()
