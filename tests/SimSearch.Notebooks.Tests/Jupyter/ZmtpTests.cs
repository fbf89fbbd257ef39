using System.Net;
using System.Net.Sockets;
using System.Text;

namespace SimSearch.Notebooks.Tests;

public sealed class ZmtpTests : IDisposable
{
    private readonly List<string> _log = [];
    private ZmtpServer? _server;

    private ZmtpServer Serve(ZmtpRole role, ZmtpLimits? limits = null, Action<ZmtpPeer, IReadOnlyList<byte[]>>? received = null)
    {
        _server = new ZmtpServer(role, "test", new IPEndPoint(IPAddress.Loopback, 0), limits ?? new ZmtpLimits(1 << 20), line => { lock (_log) _log.Add(line); }, received);
        _server.Start();
        return _server;
    }

    private string Log { get { lock (_log) return string.Join("\n", _log); } }

    public void Dispose() => _server?.Dispose();

    [Fact]
    public void The_server_opens_with_the_bytes_of_the_specification()
    {
        using var client = new ZmtpClient(Serve(ZmtpRole.Router).Port);
        // RFC 23: signature FF 00*8 7F, version 3.1, mechanism NULL padded to 20, as-server 0, filler 31.
        Assert.Equal("FF00000000000000007F03014E554C4C" + new string('0', 96), Convert.ToHexString(client.Read(64)));
        client.Stream.Write(ZmtpClient.Greeting());
        // A command of 28 bytes: READY, one property of 11 letters, a value of 6.
        Assert.Equal("041C0552454144590B536F636B65742D5479706500000006524F55544552", Convert.ToHexString(client.Read(30)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(255)]
    [InlineData(256)]
    [InlineData(65535)]
    [InlineData(65537)]
    [InlineData(1_000_000)]
    public void A_message_comes_back_as_it_was_sent(int length)
    {
        byte[] body = new byte[length];
        new Random(1).NextBytes(body);
        using ZmtpClient client = ZmtpClient.Connect(Serve(ZmtpRole.Echo).Port, "REQ");
        for (int i = 0; i < 3; i++)
        {
            client.Send([], body);
            List<byte[]> back = client.Receive();
            Assert.Equal(2, back.Count);
            Assert.Empty(back[0]);
            Assert.Equal(body, back[1]);
        }
    }

    [Fact]
    public void A_router_gets_whole_messages_and_answers_the_one_who_asked()
    {
        ZmtpServer server = Serve(ZmtpRole.Router, received: (peer, message) => peer.Post([Encoding.ASCII.GetBytes($"{message.Count} from {Encoding.ASCII.GetString(peer.Identity)}")]));
        using ZmtpClient ann = ZmtpClient.Connect(server.Port, "DEALER", "ann"), bob = ZmtpClient.Connect(server.Port, "DEALER", "bob");
        ann.Stream.Write(ZmtpClient.Frame(1, [1]));
        bob.Send([2], [3]);
        Assert.Equal("2 from bob", Encoding.ASCII.GetString(Assert.Single(bob.Receive())));
        ann.Stream.Write(ZmtpClient.Command("PING", [0, 0])); // commands may stand between the frames of a message
        ann.Send([4], [5]);
        Assert.Equal("3 from ann", Encoding.ASCII.GetString(Assert.Single(ann.Receive())));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Subscribers_get_what_they_subscribed_to(bool commands)
    {
        ZmtpServer server = Serve(ZmtpRole.Publisher);
        using ZmtpClient client = ZmtpClient.Connect(server.Port, "SUB"), other = ZmtpClient.Connect(server.Port, "SUB");
        void Subscribe(bool on, string topic) => client.Stream.Write(commands
            ? ZmtpClient.Command(on ? "SUBSCRIBE" : "CANCEL", Encoding.ASCII.GetBytes(topic))
            : ZmtpClient.Frame(0, [on ? (byte)1 : (byte)0, .. Encoding.ASCII.GetBytes(topic)]));
        Subscribe(true, "b");
        Subscribe(true, "b");
        Subscribe(true, "ca");
        Subscribe(false, "b"); // made twice, cancelled once: still there
        client.Settle();
        foreach (string topic in new[] { "a", "b1", "c", "ca", "cat" }) server.Publish([Encoding.ASCII.GetBytes(topic), []]);
        Assert.Equal(["b1", "ca", "cat"], Enumerable.Range(0, 3).Select(_ => Encoding.ASCII.GetString(client.Receive()[0])));
        Subscribe(false, "b");
        client.Settle();
        server.Publish(["b2"u8.ToArray()]);
        server.Publish(["ca2"u8.ToArray()]);
        Assert.Equal("ca2", Encoding.ASCII.GetString(client.Receive()[0]));
        other.Settle(); // and who subscribed to nothing got nothing before this answer
    }

    public static TheoryData<string, byte[]> Malformed => new()
    {
        { "does not speak ZMTP 3", Encoding.ASCII.GetBytes("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n") },
        { "does not speak ZMTP 3", ZmtpClient.Greeting(major: 1) },
        { "mechanism 'CURVE'", ZmtpClient.Greeting(mechanism: "CURVE") },
        { "mechanism '?[2J??'", [.. ZmtpClient.Greeting(mechanism: "\x1b[2J\x07\n")] },
        { "did not send READY", [.. ZmtpClient.Greeting(), .. ZmtpClient.Frame(0, [1, 2, 3])] },
        { "did not send READY", [.. ZmtpClient.Greeting(), .. ZmtpClient.Command("REA", [])] },
        { "READY is cut off", [.. ZmtpClient.Greeting(), .. ZmtpClient.Command("READY", [11, 65])] },
        { "READY is cut off", [.. ZmtpClient.Greeting(), .. ZmtpClient.Command("READY", [1, 65, 255, 255, 255, 255, 1])] },
        { "a PULL socket", [.. ZmtpClient.Greeting(), .. ZmtpClient.Command("READY", ZmtpClient.Property("Socket-Type", "PULL"))] },
        { "a  socket", [.. ZmtpClient.Greeting(), .. ZmtpClient.Command("READY", [])] },
        { "an identity of 300", [.. ZmtpClient.Greeting(), .. ZmtpClient.Command("READY", [.. ZmtpClient.Property("Socket-Type", "DEALER"), .. ZmtpClient.Property("Identity", new string('x', 300))])] },
        { "longer than the 4096", [.. ZmtpClient.Greeting(), .. ZmtpClient.Command("READY", new byte[5000])] },
        { "flags 0x08", [.. Ready(), 8, 0] },
        { "flags 0x05", [.. Ready(), 5, 0] },
        { "18446744073709551615 bytes", [.. Ready(), 2, 255, 255, 255, 255, 255, 255, 255, 255] },
        { "longer than the 1048576", [.. Ready(), 2, 0, 0, 0, 0, 0, 16, 0, 1] },
        { "longer than the 48576 that are left", [.. Ready(), .. ZmtpClient.Frame(1, new byte[1_000_000]), 2, 0, 0, 0, 0, 0, 0, 0xBD, 0xC1] },
        { "more than 64 frames", [.. Ready(), .. Enumerable.Repeat(ZmtpClient.Frame(1, []), 65).SelectMany(frame => frame)] },
        { "a command without a name", [.. Ready(), 4, 0] },
        { "a command without a name", [.. Ready(), 4, 2, 9, 65] },
        { "PING is cut off", [.. Ready(), .. ZmtpClient.Command("PING", [1])] },
        { "the peer reported an error", [.. Ready(), .. ZmtpClient.Command("ERROR", [2, 65, 66])] },
    };

    [Theory]
    [MemberData(nameof(Malformed))]
    public void A_malformed_peer_is_dropped_and_logged_and_the_others_stay(string why, byte[] bytes)
    {
        ZmtpServer server = Serve(ZmtpRole.Router, received: (peer, message) => peer.Post(message));
        using ZmtpClient good = ZmtpClient.Connect(server.Port, "DEALER");
        using (var bad = new ZmtpClient(server.Port))
        {
            bad.Stream.Write(bytes);
            Assert.True(bad.IsClosedByServer());
        }
        Assert.Contains(why, Log);
        Assert.DoesNotContain(Log, letter => char.IsControl(letter) && letter != '\n');
        good.Send([7]);
        Assert.Equal([7], good.Receive()[0]);
    }

    [Fact]
    public void Random_bytes_never_end_the_server()
    {
        var random = new Random(20260101);
        ZmtpServer server = Serve(ZmtpRole.Router, received: (peer, message) => peer.Post(message));
        for (int round = 0; round < 300; round++)
        {
            byte[] bytes = new byte[random.Next(1, 200)];
            random.NextBytes(bytes);
            using var client = new ZmtpClient(server.Port);
            // From pure noise to noise behind a good start, which reaches further in.
            byte[] start = (round % 3) switch { 0 => [], 1 => ZmtpClient.Greeting(), _ => Ready() };
            client.Stream.Write([.. start, .. bytes]);
            client.Stream.Socket.Shutdown(SocketShutdown.Send);
            Assert.True(client.IsClosedByServer());
        }
        using ZmtpClient good = ZmtpClient.Connect(server.Port, "DEALER");
        good.Send([7]);
        Assert.Equal([7], good.Receive()[0]);
    }

    [Fact]
    public void A_length_that_is_only_claimed_costs_no_memory()
    {
        byte[] claim = [2, 0, 0, 0, 0, 0x7F, 0, 0, 0, 1, 2, 3];
        long before = GC.GetTotalAllocatedBytes(precise: true);
        Assert.Throws<EndOfStreamException>(() => ZmtpFrame.Read(new MemoryStream(claim), int.MaxValue));
        Assert.InRange(GC.GetTotalAllocatedBytes(precise: true) - before, 0, 50_000_000);
    }

    [Fact]
    public void A_peer_that_says_nothing_does_not_stay()
    {
        ZmtpServer server = Serve(ZmtpRole.Router, new ZmtpLimits(1000) { HandshakeMilliseconds = 100 });
        using var silent = new ZmtpClient(server.Port);
        Assert.True(silent.IsClosedByServer());
    }

    [Fact]
    public void The_number_of_connections_is_limited_and_a_place_that_becomes_free_is_given_again()
    {
        ZmtpServer server = Serve(ZmtpRole.Echo, new ZmtpLimits(1000) { Peers = 2 });
        using (ZmtpClient one = ZmtpClient.Connect(server.Port, "REQ"))
        using (ZmtpClient two = ZmtpClient.Connect(server.Port, "REQ"))
        using (var three = new ZmtpClient(server.Port))
        {
            Assert.True(three.IsClosedByServer());
            // The log may come a moment after the connection is closed.
            Assert.True(SpinWait.SpinUntil(() => Log.Contains("more than 2 connections", StringComparison.Ordinal), 60_000));
        }
        // The server learns of the end of a connection a little later.
        Assert.True(SpinWait.SpinUntil(() =>
        {
            try
            {
                using ZmtpClient again = ZmtpClient.Connect(server.Port, "REQ");
                again.Send([7]);
                return again.Receive().Count == 1;
            }
            catch (IOException)
            {
                return false;
            }
        }, 60_000));
    }

    [Fact]
    public void A_subscriber_that_reads_nothing_is_disconnected_at_last()
    {
        ZmtpServer server = Serve(ZmtpRole.Publisher, new ZmtpLimits(1000) { QueuedBytes = 1 << 20, StalledMilliseconds = 100 });
        using ZmtpClient stuck = Subscriber(server);
        for (int i = 0; i < 100; i++) // more than the buffers of any system between us take
        {
            server.Publish([new byte[1 << 20]]);
            server.WaitForRoom();
        }
        Assert.True(SpinWait.SpinUntil(() => Log.Contains("takes nothing", StringComparison.Ordinal), 60_000));
        Assert.True(stuck.IsClosedByServer());
    }

    [Fact]
    public async Task A_slow_subscriber_slows_the_publisher_and_misses_nothing()
    {
        const int Messages = 200;
        const long Queue = 1 << 20;
        ZmtpServer server = Serve(ZmtpRole.Publisher, new ZmtpLimits(1000) { QueuedBytes = Queue });
        using ZmtpClient slow = Subscriber(server);
        long published = 0, ahead = 0;
        Task<int> read = Task.Factory.StartNew(() => Enumerable.Range(0, Messages).Count(number =>
        {
            bool whole = slow.Receive()[0] is { Length: 1 << 20 } body && body[0] == (byte)number;
            ahead = Math.Max(ahead, Volatile.Read(ref published) - number);
            return whole;
        }), TaskCreationOptions.LongRunning);
        for (int i = 0; i < Messages; i++)
        {
            byte[] body = new byte[1 << 20];
            body[0] = (byte)i;
            server.Publish([body]);
            server.WaitForRoom();
            Volatile.Write(ref published, i + 1);
        }
        Assert.Equal(Messages, await read);
        Assert.InRange(ahead, 0, 40); // the queue, and what the system's socket buffers hold
        Assert.Empty(Log);
    }

    [Fact]
    public async Task Draining_sends_what_is_queued_before_the_end()
    {
        ZmtpServer server = Serve(ZmtpRole.Router, received: (peer, message) =>
        {
            for (int i = 0; i < 1000; i++) peer.Post([new byte[1000]]);
            peer.Post(message);
        });
        using ZmtpClient client = ZmtpClient.Connect(server.Port, "DEALER");
        client.Send([7]);
        Assert.Equal(1000, client.Receive()[0].Length);
        Task<bool> rest = Task.Factory.StartNew(() =>
        {
            for (int i = 1; i < 1000; i++) client.Receive();
            return client.Receive()[0] is [7];
        }, TaskCreationOptions.LongRunning);
        // Only draining is under test: begin it once all is queued, or it would rightly refuse the rest.
        using (ZmtpClient second = ZmtpClient.Connect(server.Port, "DEALER"))
        {
            second.Send([8]);
            for (int i = 0; i <= 1000; i++) second.Receive();
        }
        server.Drain(Environment.TickCount64 + 60_000);
        server.Dispose();
        Assert.True(await rest);
    }

    [Fact]
    public void Only_loopback_is_listened_on() =>
        Assert.Throws<ArgumentException>(() => new ZmtpServer(ZmtpRole.Router, "test", new IPEndPoint(IPAddress.Any, 0), new ZmtpLimits(1), _ => { }));

    [Fact]
    public void A_port_that_is_taken_is_named()
    {
        int port = Serve(ZmtpRole.Router).Port;
        var error = Assert.Throws<JupyterException>(() => new ZmtpServer(ZmtpRole.Router, "shell", new IPEndPoint(IPAddress.Loopback, port), new ZmtpLimits(1), _ => { }));
        Assert.Contains($"shell_port={port}", error.Message);
    }

    private static ZmtpClient Subscriber(ZmtpServer server)
    {
        ZmtpClient client = ZmtpClient.Connect(server.Port, "SUB");
        client.Stream.Write(ZmtpClient.Command("SUBSCRIBE", []));
        client.Settle();
        return client;
    }

    private static byte[] Ready() => [.. ZmtpClient.Greeting(), .. ZmtpClient.Command("READY", ZmtpClient.Property("Socket-Type", "DEALER"))];
}
