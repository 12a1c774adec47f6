#!/bin/sh
# Makes samples/welcome.wav and test/fixtures/audio/* anew. The files are in the repository; this is how they came to be.
# Needs ffmpeg with libmp3lame, libopus, libvorbis and libx264, and espeak-ng (Debian: apt-get install ffmpeg espeak-ng).
# Everything is synthesised here, so nobody else holds rights in it.
set -eu
cd "$(dirname "$0")/.."
audio=test/fixtures/audio
mkdir -p samples "$audio"

temp=$(mktemp -d)
trap 'rm -rf "$temp"' EXIT

ffmpeg_quiet() {
  ffmpeg -hide_banner -loglevel error -nostdin -y -fflags +bitexact -flags:v +bitexact -flags:a +bitexact "$@"
}

# Two voices with a pause between them, as a session has: 16 kHz, mono, 16 bit.
espeak-ng -v en-gb -s 165 -p 40 -w "$temp/one.wav" "Welcome to Catalyst Storage. This recording is stored, and measured."
espeak-ng -v en-us+f3 -s 165 -w "$temp/two.wav" "And its waveform is drawn."
ffmpeg_quiet -i "$temp/one.wav" -i "$temp/two.wav" -filter_complex \
  "[0]apad=pad_dur=0.4[a];[a][1]concat=n=2:v=0:a=1,loudnorm=I=-18:TP=-2,aresample=16000" \
  -ac 1 -c:a pcm_s16le -metadata title="Welcome to Catalyst Storage" -metadata artist="Catalyst" samples/welcome.wav

# A chord that swells and fades, with the left channel ahead of the right.
stereo="aevalsrc=exprs=0.35*sin(2*PI*220*t)*(0.55+0.45*sin(2*PI*0.7*t))|0.35*sin(2*PI*330*t)*(0.55+0.45*cos(2*PI*0.7*t))"
mono="aevalsrc=exprs=0.35*sin(2*PI*220*t)*(0.55+0.45*sin(2*PI*0.7*t))"
tags="-metadata title=Fixture -metadata artist=Catalyst -metadata comment=made-by-make-fixtures"

ffmpeg_quiet -f lavfi -i "$mono:s=16000:d=1.5" $tags -c:a pcm_s16le "$audio/mono-16k.wav"
ffmpeg_quiet -f lavfi -i "$stereo:s=44100:d=2.5" $tags -c:a libmp3lame -b:a 64k "$audio/stereo.mp3"
ffmpeg_quiet -f lavfi -i "$stereo:s=44100:d=2.5" $tags -c:a aac -b:a 96k "$audio/stereo.m4a"
ffmpeg_quiet -f lavfi -i "$mono:s=22050:d=1.25" $tags -c:a flac "$audio/mono-22k.flac"
ffmpeg_quiet -f lavfi -i "$stereo:s=48000:d=2.5" $tags -c:a libopus -b:a 64k "$audio/opus.ogg"
ffmpeg_quiet -f lavfi -i "$stereo:s=44100:d=2.5" $tags -c:a libvorbis -q:a 2 "$audio/vorbis.ogg"
ffmpeg_quiet -f lavfi -i "$stereo:s=48000:d=2.5" $tags -c:a libopus -b:a 64k "$audio/opus.webm"
ffmpeg_quiet -f lavfi -i "anullsrc=r=44100:cl=stereo:d=2" -c:a flac "$audio/silence.flac"

# One second of 44.1 kHz stereo, then one of 22.05 kHz mono, as from a recorder whose settings were changed meanwhile.
ffmpeg_quiet -f lavfi -i "$stereo:s=44100:d=1" -c:a libmp3lame -b:a 64k -write_xing 0 -id3v2_version 0 "$temp/one.mp3"
ffmpeg_quiet -f lavfi -i "$mono:s=22050:d=1" -c:a libmp3lame -b:a 32k -write_xing 0 -id3v2_version 0 "$temp/two.mp3"
cat "$temp/one.mp3" "$temp/two.mp3" > "$audio/changing.mp3"

# With a picture: the sound counts, a video without sound has none to give.
picture="testsrc=size=64x48:rate=5:duration=2"
ffmpeg_quiet -f lavfi -i "$picture" -f lavfi -i "$mono:s=48000:d=2" $tags -c:v libx264 -pix_fmt yuv420p -c:a aac -b:a 64k \
  -shortest "$audio/video.mp4"
ffmpeg_quiet -i "$audio/video.mp4" -c copy "$audio/video.mov"
ffmpeg_quiet -i "$audio/video.mp4" -c copy -an "$audio/no-sound.mp4"
