using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text.Json;
using SimSearch.Storage;

namespace SimSearch.Datasets;

/// <summary>
/// Downloads one file: to NAME.part with a note of what it is a part of, continued by a range request if the server can and the file is still
/// the same one, checked, and renamed to NAME when it is whole.
/// </summary>
internal sealed class Download(ManifestFile file, string folder, HttpClient client, FetchOptions options, Action<long, long> report)
{
    private const int MaxRedirections = 8;
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);

    private readonly string whole = Path.Combine(folder, file.Name), part = Path.Combine(folder, file.Name + ".part"), note = Path.Combine(folder, file.Name + ".part.json");
    private readonly long cap = file.Bytes ?? options.MaxFileBytes;

    /// <summary>What the bytes of a .part are the begin of.</summary>
    private sealed record PartNote(string Url, string Validator);

    /// <summary>A failure that may pass by itself.</summary>
    private sealed class Passing(string message, TimeSpan? wait = null, Exception? inner = null) : Exception(message, inner)
    {
        public TimeSpan? Wait => wait;
    }

    public async Task<string> RunAsync(CancellationToken cancellation)
    {
        if (File.Exists(whole))
        {
            // Put there by hand, or by a call that broke off before unpacking.
            await CheckAsync(whole, "delete it, so that it is fetched again", cancellation).ConfigureAwait(false);
            return whole;
        }
        Directory.CreateDirectory(folder);
        long before = -1;
        for (int failures = 0; ;)
        {
            try
            {
                await TryAsync(cancellation).ConfigureAwait(false);
                break;
            }
            catch (Passing e)
            {
                long now = PartLength();
                failures = now > before && before >= 0 ? 1 : failures + 1;
                before = now;
                if (failures >= options.Attempts) throw Unreachable(e.Message, e);
                var pause = e.Wait ?? options.Pause * Math.Pow(2, Math.Min(failures - 1, 10));
                await Task.Delay(pause < LongestPause ? pause : LongestPause, cancellation).ConfigureAwait(false);
            }
        }
        try { await CheckAsync(part, "nothing of it was kept; try again later, or see whether the data set has changed", cancellation).ConfigureAwait(false); }
        catch (SimSearchException)
        {
            Discard();
            throw;
        }
        File.Move(part, whole);
        File.Delete(note);
        return whole;
    }

    private async Task TryAsync(CancellationToken cancellation)
    {
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        silence.CancelAfter(options.Silence);
        try
        {
            long have = PartLength();
            var known = have > 0 ? ReadNote() : null;
            // Without a mark of the version, or for another address, the old bytes may belong to another file.
            if (known is null || known.Url != file.Url.ToString()) have = 0;
            if (have > 0 && have == file.Bytes) return;
            using var response = await SendAsync(have, known, silence.Token).ConfigureAwait(false);
            if (response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable)
            {
                if (have > 0 && response.Content.Headers.ContentRange?.Length == have) return;
                Discard();
                throw new Passing("the server could not continue the download");
            }
            if (!response.IsSuccessStatusCode) throw Failure(response);
            if (response.StatusCode != HttpStatusCode.PartialContent) have = 0;
            else if (response.Content.Headers.ContentRange?.From != have)
            {
                Discard();
                throw new Passing("the server sent another part of the file than was asked for");
            }
            long? length = have + response.Content.Headers.ContentLength;
            RefuseIfTooLong(length ?? 0);
            if (have == 0) WriteNote(response);
            await CopyAsync(response, have, length, silence).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new Passing($"the server kept silent for {options.Silence.TotalSeconds:0} s");
        }
        catch (HttpRequestException e)
        {
            throw new Passing(e.InnerException?.Message ?? e.Message, inner: e);
        }
    }

    /// <summary>Sends the request and follows redirections, none of which may lead from https to something else.</summary>
    private async Task<HttpResponseMessage> SendAsync(long have, PartNote? known, CancellationToken cancellation)
    {
        var url = file.Url;
        for (int hop = 0; ; hop++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, url);
            request.Headers.UserAgent.Add(new ProductInfoHeaderValue("simsearch", "1"));
            if (have > 0)
            {
                request.Headers.Range = new RangeHeaderValue(have, null);
                request.Headers.TryAddWithoutValidation("If-Range", known!.Validator);
            }
            var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation).ConfigureAwait(false);
            var next = response.RequestMessage?.RequestUri ?? url;
            bool redirected = (int)response.StatusCode is 301 or 302 or 303 or 307 or 308;
            if (redirected && response.Headers.Location is { } location) next = new Uri(next, location);
            else if (redirected) throw Refused(response, "a redirection without an address");
            bool allowed = next.Scheme == "https" || next.Scheme == "http" && file.Url.Scheme == "http";
            if (!allowed) throw Refused(response, $"a redirection to '{Dataset.Printable(next.ToString())}', which is not https");
            if (!redirected) return response;
            response.Dispose();
            if (hop >= MaxRedirections) throw Refused(response, $"more than {MaxRedirections} redirections");
            url = next;
        }
    }

    private async Task CopyAsync(HttpResponseMessage response, long have, long? length, CancellationTokenSource silence)
    {
        using var content = await response.Content.ReadAsStreamAsync(silence.Token).ConfigureAwait(false);
        using var stream = new FileStream(part, have > 0 ? FileMode.Open : FileMode.Create, FileAccess.Write);
        stream.SetLength(have);
        stream.Position = have;
        var buffer = new byte[1 << 16];
        while (true)
        {
            silence.CancelAfter(options.Silence);
            int read;
            try { read = await content.ReadAsync(buffer, silence.Token).ConfigureAwait(false); }
            catch (IOException e) { throw new Passing($"the connection broke after {have} bytes", inner: e); }
            if (read == 0) break;
            RefuseIfTooLong(have + read);
            // Only disk errors come from here; they do not pass by waiting.
            try { stream.Write(buffer, 0, read); }
            catch (IOException e) { throw new SimSearchException($"'{part}' cannot be written: {e.Message}; free some space and run this again, it continues where it stopped", e); }
            have += read;
            report(have, length ?? file.Bytes ?? 0);
        }
        if (length is { } expected && have < expected) throw new Passing($"the connection ended after {have} of {expected} bytes");
    }

    private void RefuseIfTooLong(long length)
    {
        if (length <= cap) return;
        Discard();
        throw new SimSearchException($"{file.Url} is longer than {(file.Bytes is null ? "the" : "its")} {cap} bytes{(file.Bytes is null ? " that are allowed; raise MaxFileBytes if that is right" : ": it is not the file the manifest describes")}");
    }

    private SimSearchException Refused(HttpResponseMessage response, string what)
    {
        response.Dispose();
        return new SimSearchException($"{file.Url} answers with {what}; it was not followed. {ByHand()}");
    }

    private Exception Failure(HttpResponseMessage response)
    {
        int status = (int)response.StatusCode;
        string message = $"the server answers {status} {response.ReasonPhrase}".TrimEnd();
        if (status is not (>= 500 or 408 or 429)) return Unreachable(message, null);
        var wait = response.Headers.RetryAfter is { } retry ? retry.Delta ?? retry.Date - DateTimeOffset.UtcNow : null;
        return new Passing(message, wait > TimeSpan.Zero ? wait : null);
    }

    private SimSearchException Unreachable(string why, Exception? inner) =>
        new($"{file.Url} cannot be fetched: {Dataset.Printable(why)}. {ByHand()}", inner);

    private string ByHand() => $"If another way to the file works, put it at '{whole}' and run this again.";

    private async Task CheckAsync(string path, string wayOut, CancellationToken cancellation)
    {
        long length = new FileInfo(path).Length;
        if (file.Bytes is { } bytes && length != bytes) throw new SimSearchException($"'{path}' has {length} bytes, its manifest says {bytes}; {wayOut}");
        if (file.Sha256 is not { } expected) return;
        using var stream = File.OpenRead(path);
        string found = Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, cancellation).ConfigureAwait(false));
        if (found != expected) throw new SimSearchException($"'{path}' has the SHA-256 {found}, its manifest says {expected}; {wayOut}");
    }

    private long PartLength() => new FileInfo(part) is { Exists: true } found ? found.Length : 0;

    private void Discard()
    {
        File.Delete(part);
        File.Delete(note);
    }

    private PartNote? ReadNote()
    {
        try { return File.Exists(note) ? JsonSerializer.Deserialize<PartNote>(File.ReadAllText(note)) : null; }
        catch (JsonException) { return null; }
    }

    private void WriteNote(HttpResponseMessage response)
    {
        // Only a strong mark may be used to put parts together (RFC 9110, 13.1.5).
        string? validator = response.Headers.ETag is { IsWeak: false } tag ? tag.Tag : response.Content.Headers.LastModified?.ToString("R");
        File.Delete(note);
        if (validator is not null) AtomicFile.WriteText(note, JsonSerializer.Serialize(new PartNote(file.Url.ToString(), validator)));
    }
}
