#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""An end of GStreamer's webrtcbin, led by the lines that lead duet_test_peer."""

import json
import re
import sys
import threading

import gi

for namespace in ("Gst", "GstWebRTC", "GstSdp"):
    gi.require_version(namespace, "1.0")
from gi.repository import GLib, Gst, GstSdp, GstWebRTC  # noqa: E402

# What makes packets, by codec: its name in descriptions, its number where ours is the offer, its form, and how it is made.
PICTURES = "videotestsrc is-live=true ! video/x-raw,width=320,height=240,framerate=15/1 !"
SOURCES = {
    "opus": ("OPUS", 111, {"clock-rate": "48000", "encoding-params": "(string)2"},
             "audiotestsrc is-live=true ! opusenc ! rtpopuspay"),
    "vp8": ("VP8", 96, {"clock-rate": "90000"},
            f"{PICTURES} vp8enc deadline=1 keyframe-max-dist=30 ! rtpvp8pay mtu=1200"),
    # The encoder writes a profile and a level of its own into the caps; descriptions have ours.
    "h264": ("H264", 102, {"clock-rate": "90000", "packetization-mode": "(string)1", "profile-level-id": "(string)42e01f"},
             f"{PICTURES} openh264enc gop-size=30 ! h264parse ! rtph264pay mtu=1200 config-interval=-1 !"
             " capssetter caps=application/x-rtp,profile-level-id=(string)42e01f ! identity"),
}
FIRST = {"audio": "opus", "video": "vp8"}
lock = threading.Lock()


def tell(line):
    with lock:
        print(json.dumps(line), flush=True)


def number_in(offer, name, form):
    """Of a codec in a description; of several, the one that has all parameters of its form."""
    wanted = [f"{key}={value.removeprefix('(string)')}" for key, value in form.items() if key in ("packetization-mode", "profile-level-id")]
    for number in re.findall(rf"a=rtpmap:(\d+) {name}/", offer, re.IGNORECASE):
        parameters = re.search(rf"a=fmtp:{number} (.*)", offer)
        if all(one in (parameters[1] if parameters else "") for one in wanted):
            return number
    return None


class End:
    def __init__(self):
        self.codecs = {}  # by kind
        self.channel = None
        self.counted = {"audio": 0, "video": 0, "audio decoded": 0, "video decoded": 0}
        self.early = []  # candidates that came before their description
        self.is_described = False
        self.pipeline = Gst.Pipeline.new()
        self.webrtc = Gst.ElementFactory.make("webrtcbin")
        self.webrtc.set_property("bundle-policy", GstWebRTC.WebRTCBundlePolicy.MAX_BUNDLE)
        self.webrtc.connect("on-ice-candidate", self.give_candidate)
        self.webrtc.connect("on-data-channel", lambda _, channel: self.adopt(channel))
        self.webrtc.connect("pad-added", self.count)
        self.pipeline.add(self.webrtc)
        self.pipeline.set_state(Gst.State.READY)  # before that there is no SCTP

    def handle(self, line):
        if "do" in line:
            getattr(self, "do_" + line["do"])(line)
        elif line["type"] == "candidate":
            self.take_candidate(line["candidate"]["candidate"])
        else:
            self.take_description(line["type"], line["sdp"])

    # --- orders

    def do_add(self, line):
        self.codecs[line["kind"]] = line.get("codec", FIRST[line["kind"]])

    def do_channel(self, line):
        self.adopt(self.webrtc.emit("create-data-channel", line["label"], None))

    def do_offer(self, _):
        self.send_media("")
        self.pipeline.set_state(Gst.State.PLAYING)
        self.describe("offer")

    def do_send(self, line):
        if "text" in line:
            self.channel.emit("send-string", line["text"])
        else:
            self.channel.emit("send-data", GLib.Bytes.new(bytes(line["bytes"])))

    def do_counts(self, _):
        tell({"report": "counts", **self.counted})

    # --- media

    def send_media(self, offer):
        """With the numbers of the other end's offer, if there is one."""
        for kind, codec in self.codecs.items():
            name, number, form, source = SOURCES[codec]
            number = number_in(offer, name, form) or number
            fields = "".join(f",{key}={value}" for key, value in form.items())
            caps = f"application/x-rtp,media={kind},encoding-name={name},payload={number}{fields}"
            # Its number belongs to what makes packets, which is not always the last element.
            source = re.sub(r"(rtp\w+pay)", rf"\1 pt={number}", source)
            made = Gst.parse_bin_from_description(f"{source} ! capsfilter caps={caps}", True)
            self.pipeline.add(made)
            made.link(self.webrtc)
            made.sync_state_with_parent()

    def count(self, _, pad):
        """Packets, and what a decoder makes of them."""
        if pad.direction != Gst.PadDirection.SRC:
            return
        kind = pad.get_current_caps().get_structure(0).get_string("media")
        self.count_buffers(pad, kind)
        decoder = Gst.ElementFactory.make("decodebin")
        decoder.connect("pad-added", lambda _, decoded: self.take(decoded, kind))
        self.pipeline.add(decoder)
        decoder.sync_state_with_parent()
        pad.link(decoder.get_static_pad("sink"))

    def take(self, pad, kind):
        sink = Gst.ElementFactory.make("fakesink")
        sink.set_property("async", False)
        sink.set_property("sync", False)
        self.count_buffers(pad, f"{kind} decoded")
        self.pipeline.add(sink)
        sink.sync_state_with_parent()
        pad.link(sink.get_static_pad("sink"))

    def count_buffers(self, pad, name):
        def counted(*_):
            self.counted[name] += 1
            return Gst.PadProbeReturn.OK

        pad.add_probe(Gst.PadProbeType.BUFFER, counted)

    def adopt(self, channel):
        self.channel = channel
        channel.connect("on-message-string", lambda _, text: tell({"report": "text", "text": text}))
        channel.connect("on-message-data", lambda _, data: tell({"report": "binary", "bytes": data.get_size()}))
        opened = lambda *_: tell({"report": "open", "label": channel.get_property("label")})  # noqa: E731
        if channel.get_property("ready-state") == GstWebRTC.WebRTCDataChannelState.OPEN:
            opened()
        else:
            channel.connect("on-open", opened)

    # --- descriptions and candidates

    def describe(self, kind):
        def made(promise, _):
            reply = promise.get_reply()  # owns the description
            description = reply.get_value(kind)
            # Queued for this very thread: before an answer that comes at once, and the candidates.
            self.webrtc.emit("set-local-description", description, Gst.Promise.new())
            tell({"type": kind, "sdp": description.sdp.as_text()})

        self.webrtc.emit("create-" + kind, None, Gst.Promise.new_with_change_func(made, None))

    def take_description(self, kind, sdp):
        _, parsed = GstSdp.SDPMessage.new_from_text(sdp)
        sdp_type = GstWebRTC.WebRTCSDPType.OFFER if kind == "offer" else GstWebRTC.WebRTCSDPType.ANSWER
        description = GstWebRTC.WebRTCSessionDescription.new(sdp_type, parsed)
        if kind == "offer":
            self.send_media(sdp)
            self.pipeline.set_state(Gst.State.PLAYING)
        promise = Gst.Promise.new()
        self.webrtc.emit("set-remote-description", description, promise)
        promise.wait()
        self.is_described = True
        for candidate in self.early:
            self.webrtc.emit("add-ice-candidate", 0, candidate)
        if kind == "offer":
            self.describe("answer")

    def give_candidate(self, _, index, candidate):
        tell({"type": "candidate", "candidate": {"candidate": candidate, "sdpMLineIndex": index}})

    def take_candidate(self, candidate):
        if not candidate:
            return
        if self.is_described:
            self.webrtc.emit("add-ice-candidate", 0, candidate)  # all is bundled
        else:
            self.early.append(candidate)


def main():
    Gst.init(None)
    loop = GLib.MainLoop()
    end = End()

    def read():
        for text in sys.stdin:
            GLib.idle_add(lambda line=json.loads(text): end.handle(line) and False)
        GLib.idle_add(loop.quit)

    threading.Thread(target=read, daemon=True).start()
    loop.run()
    end.pipeline.set_state(Gst.State.NULL)


main()
