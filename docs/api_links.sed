# What comments cite becomes links: "W3C webrtc #dom-rtcpeerconnection", "RFC 8445". What else Doxygen
# would take for a command or a link of its own is told to be text.
/\/\//{
s|\\|\\\\|g
s|W3C ([a-z-]+) #([a-z0-9-]+)|[W3C \1 \2](https://www.w3.org/TR/\1/@\2)|g
s|RFC ([0-9]{4})|[RFC \1](https://www.rfc-editor.org/rfc/rfc\1)|g
s| (#[a-z])| \\\1|g
s| ::| \\::|g
s|(org/TR/[a-z-]+/)@|\1#|g
}
# Pages that are not part of the reference.
s~\[([^]]*)\]\(([A-Z]+\.md|docs/[^)]*)\)~\1~g
