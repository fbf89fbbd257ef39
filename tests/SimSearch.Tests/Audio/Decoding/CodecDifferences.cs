namespace SimSearch.Tests;

/// <summary>The files of the codec collection on which this library and ffmpeg part, each with the reason.</summary>
internal static class CodecDifferences
{
    /// <summary>The version the committed table was made with; others may decode a little more or less.</summary>
    public const string Library = "libsndfile-1.2.0";

    public static readonly Dictionary<string, string> Reasons = new()
    {
        ["flac-test-files/faulty/01 - wrong max blocksize.flac"] = "the header's block size is wrong, the frames are whole: libsndfile decodes them",
        ["flac-test-files/faulty/03 - wrong bit depth.flac"] = "the header's bit depth is wrong, the frames carry their own: libsndfile decodes them",
        ["flac-test-files/faulty/04 - wrong number of channels.flac"] = "the header says 5 channels, the frames have 1: refused",
        ["go-audio-aiff/sample.avi"] = "a film, not a sound file",
        ["go-audio-wav/sample.avi"] = "a film, not a sound file",
        ["pydub/bach.ogg"] = "the position of the last Ogg page promises 25 ms that no FLAC frame holds",
        ["silero/test.opus"] = "libsndfile decodes Opus at the rate it was recorded at (16,000 Hz), and drops the encoder's delay",
        ["tinytag/8khz_5s.opus"] = "libsndfile decodes Opus at the rate it was recorded at (8,000 Hz), and drops the encoder's delay",
        ["tinytag/silence.opus"] = "the encoder's delay of 6.5 ms is dropped, as the format asks",
        ["tinytag/test.opus"] = "the encoder's delay of 6.5 ms is dropped, as the format asks",
        ["tinytag/adpcm.wav"] = "ADPCM comes in whole blocks: libsndfile keeps the padding of the last one",
        ["tinytag/gsm_6_10.wav"] = "GSM comes in whole blocks: libsndfile keeps the padding of the last one",
        ["tinytag/id3_frames.mp3"] = "variable bit rate: ffmpeg's length is a guess by bit rate",
        ["tinytag/mpeg2_id3v1.mp3"] = "variable bit rate: ffmpeg's length is a guess by bit rate",
        ["tinytag/vbr_xing_header_2channel.mp3"] = "the header promises 250 s, the file is cut after two frames: what is there is given",
        ["tinytag/vbri.mp3"] = "the header promises 222 s, the file is cut: what is there is given",
        ["tinytag/no_audio.ogg"] = "Ogg without audio packets: a signal of 0 frames, where ffmpeg names a length",
        ["tinytag/no_audio_data_compressed.wav"] = "codec MP3 and an empty data chunk: nothing to decode",
        ["tinytag/variable-block.flac"] = "cut off: refused as a whole, the error names the 0.9 s that can be loaded",
    };
}
