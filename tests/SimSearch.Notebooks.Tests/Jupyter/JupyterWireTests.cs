using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;

namespace SimSearch.Notebooks.Tests;

public sealed class JupyterWireTests
{
    private readonly ZmtpPeer _peer = new(new Socket(SocketType.Stream, ProtocolType.Tcp), [], new ZmtpLimits(1), _ => { });
    private readonly JupyterWire _wire = new("secret");

    private static List<byte[]> Frames(string signature, params string[] parts) => [.. new[] { "<IDS|MSG>", signature }.Concat(parts).Select(Encoding.UTF8.GetBytes)];

    // Signed by a known key: the golden signature below is what openssl dgst -sha256 -hmac secret prints for the four parts.
    private static List<byte[]> Golden() => Frames(
        "92132383a968e285206db467441f45b6771f72a7fcd7c37eca2164d8cf284af8",
        """{"msg_id":"1","session":"s","msg_type":"kernel_info_request"}""", "{}", "{}", "{}");

    [Fact]
    public void A_message_signed_by_openssl_is_read_and_its_repetition_is_dropped()
    {
        List<byte[]> frames = [[9], [8], .. Golden()];
        JupyterRequest? request = _wire.Read(_peer, frames, out _);
        Assert.NotNull(request);
        Assert.Equal(("kernel_info_request", "s"), (request.Type, request.Session));
        Assert.Equal([[9], [8]], request.Route);
        Assert.Null(_wire.Read(_peer, frames, out string why));
        Assert.Contains("seen before", why);
        Assert.NotNull(new JupyterWire("secret").Read(_peer, frames, out _)); // it was the repetition and nothing else
    }

    [Fact]
    public void A_change_to_any_signed_byte_or_to_the_key_is_noticed()
    {
        for (int frame = 1; frame <= 5; frame++)
        {
            List<byte[]> frames = Golden();
            frames[frame][0] ^= 1;
            Assert.Null(_wire.Read(_peer, frames, out string why));
            Assert.Contains("signature is wrong", why);
        }
        Assert.Null(new JupyterWire("Secret").Read(_peer, Golden(), out _));
        Assert.Null(_wire.Read(_peer, [.. Golden()[..1], [], .. Golden()[2..]], out _));
        Assert.NotNull(_wire.Read(_peer, Golden(), out _));
    }

    [Fact]
    public void An_empty_key_is_refused() => Assert.Throws<ArgumentException>(() => new JupyterWire(""));

    [Theory]
    [InlineData("header", "")]
    [InlineData("header", "[]")]
    [InlineData("header", "{")]
    [InlineData("header", """{"msg_type":"a"}""")]
    [InlineData("header", """{"msg_id":"a","msg_type":5}""")]
    [InlineData("header", """{"msg_id":"a","msg_type":""}""")]
    [InlineData("header", """{"msg_id":"\ud800","msg_type":"a"}""")]
    [InlineData("parent", "null")]
    [InlineData("metadata", "1")]
    [InlineData("content", "\"text\"")]
    [InlineData("content", "{} {}")]
    [InlineData("content", "{\"a\":\u0001}")]
    [InlineData("content", "deep")]
    [InlineData("content", "no UTF-8")]
    public void Malformed_parts_are_dropped_even_when_well_signed(string part, string text)
    {
        byte[] bytes = text switch { "deep" => Encoding.UTF8.GetBytes("{\"a\":" + new string('[', 100_000)), "no UTF-8" => [.. "{\"a\":\""u8, 0xC3, .. "\"}"u8], _ => Encoding.UTF8.GetBytes(text) };
        byte[][] parts = [.. Golden()[2..]];
        parts[part switch { "header" => 0, "parent" => 1, "metadata" => 2, _ => 3 }] = bytes;
        string signature = Convert.ToHexStringLower(System.Security.Cryptography.HMACSHA256.HashData("secret"u8, parts.SelectMany(one => one).ToArray()));
        Assert.Null(_wire.Read(_peer, [.. Frames(signature), .. parts], out string why));
        Assert.DoesNotContain("signature", why);
    }

    [Fact]
    public void What_is_no_Jupyter_message_is_dropped()
    {
        Assert.Null(_wire.Read(_peer, [], out _));
        Assert.Null(_wire.Read(_peer, [[]], out _));
        for (int frames = 1; frames < 6; frames++) Assert.Null(_wire.Read(_peer, Golden()[..frames], out _));
        Assert.Null(_wire.Read(_peer, Golden()[1..], out string why));
        Assert.Contains("delimiter", why);
    }

    [Fact]
    public void What_is_built_can_be_read_whatever_the_text()
    {
        const string Text = "<b>\u00e9\u4e2d\U0001F600</b>\0\n\"\\\ud800";
        List<byte[]> frames = _wire.Build([[7]], "stream", "{\"msg_id\":\"p\"}"u8.ToArray(), new JsonObject { ["text"] = Text });
        JupyterRequest? read = new JupyterWire("secret").Read(_peer, frames, out string why);
        Assert.True(read is not null, why);
        Assert.Equal(Text.Replace('\ud800', '\ufffd'), read.Content.GetProperty("text").GetString());
        Assert.Equal("{\"msg_id\":\"p\"}", Encoding.UTF8.GetString(frames[4]));
        Assert.Contains("<b>\u00e9\u4e2d", Encoding.UTF8.GetString(frames[6])); // readable, not escaped
    }

    [Fact]
    public void The_memory_of_signatures_is_bounded()
    {
        var sender = new JupyterWire("secret");
        List<byte[]> first = sender.Build([], "a", null, []);
        Assert.NotNull(_wire.Read(_peer, first, out _));
        for (int i = 0; i < 65_535; i++) _wire.Read(_peer, sender.Build([], "a", null, []), out _);
        Assert.Null(_wire.Read(_peer, first, out _));
        _wire.Read(_peer, sender.Build([], "a", null, []), out _);
        Assert.NotNull(_wire.Read(_peer, first, out _));
    }
}
