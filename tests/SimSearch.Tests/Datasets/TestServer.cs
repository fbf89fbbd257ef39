using System.Net;
using System.Net.Sockets;
using System.Text;

namespace SimSearch.Tests;

/// <summary>What a client asked the test server for.</summary>
internal sealed record TestRequest(string Path, IReadOnlyDictionary<string, string> Headers)
{
    public string? Header(string name) => Headers.GetValueOrDefault(name);
}

/// <summary>
/// A web server of a few lines on 127.0.0.1. It answers with whatever bytes the test says, so that it can also do what decent servers do not: break
/// off, lie about lengths, fall silent.
/// </summary>
internal sealed class TestServer : IDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource stop = new();
    private readonly Func<TestRequest, int, Stream, Task> answer;
    private readonly List<TestRequest> requests = [];

    /// <param name="answer">Gets the request, its number from 0, and the stream to write the answer to; the connection is closed after it.</param>
    public TestServer(Func<TestRequest, int, Stream, Task> answer)
    {
        this.answer = answer;
        listener.Start();
        _ = AcceptAsync();
    }

    /// <summary>A server for one content, which honours ranges as a good server does.</summary>
    public static TestServer For(byte[] content, string etag = "\"v1\"") => new((request, _, stream) => SendAsync(stream, request, content, etag));

    public Uri Url(string path = "/file.bin") => new($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}{path}");

    public IReadOnlyList<TestRequest> Requests { get { lock (requests) return [.. requests]; } }

    public static Task SendAsync(Stream stream, TestRequest request, byte[] content, string etag = "\"v1\"", int? cutAfter = null)
    {
        int from = 0;
        if (request.Header("Range") is { } range && request.Header("If-Range") == etag) from = int.Parse(range["bytes=".Length..^1]);
        if (from > 0 && from >= content.Length) return HeadAsync(stream, $"416 Range Not Satisfiable\r\nContent-Range: bytes */{content.Length}\r\nContent-Length: 0");
        string head = from > 0 ? $"206 Partial Content\r\nContent-Range: bytes {from}-{content.Length - 1}/{content.Length}" : "200 OK";
        return WriteAsync();

        async Task WriteAsync()
        {
            await HeadAsync(stream, $"{head}\r\nETag: {etag}\r\nContent-Length: {content.Length - from}");
            await stream.WriteAsync(content.AsMemory(from, Math.Min(content.Length - from, cutAfter ?? int.MaxValue)));
        }
    }

    public static Task HeadAsync(Stream stream, string statusAndHeaders) => stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {statusAndHeaders}\r\nConnection: close\r\n\r\n")).AsTask();

    private async Task AcceptAsync()
    {
        try
        {
            while (true) _ = ServeAsync(await listener.AcceptTcpClientAsync(stop.Token));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException) { }
    }

    private async Task ServeAsync(TcpClient client)
    {
        try
        {
            using (client)
            {
                var stream = client.GetStream();
                using var reader = new StreamReader(stream, Encoding.ASCII, leaveOpen: true);
                string path = (await reader.ReadLineAsync(stop.Token) ?? "").Split(' ')[1];
                var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
                while (await reader.ReadLineAsync(stop.Token) is { Length: > 0 } line) headers[line.Split(':')[0]] = line[(line.IndexOf(':') + 1)..].Trim();
                var request = new TestRequest(path, headers);
                int number;
                lock (requests)
                {
                    number = requests.Count;
                    requests.Add(request);
                }
                await answer(request, number, stream);
            }
        }
        // The client may hang up whenever it has seen enough.
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or ObjectDisposedException or IndexOutOfRangeException) { }
    }

    public void Dispose()
    {
        stop.Cancel();
        listener.Stop();
    }
}
