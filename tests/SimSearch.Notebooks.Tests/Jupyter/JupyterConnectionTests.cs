using System.Net;
using System.Text.Json.Nodes;

namespace SimSearch.Notebooks.Tests;

public sealed class JupyterConnectionTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("connection-").FullName;

    private string PathOfFile => Path.Combine(_folder, "kernel.json");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static JsonObject Good() => new()
    {
        ["shell_port"] = 50001, ["iopub_port"] = 50002, ["stdin_port"] = 50003, ["control_port"] = 50004, ["hb_port"] = 50005,
        ["ip"] = "127.0.0.1", ["key"] = "8a4f-secret", ["transport"] = "tcp", ["signature_scheme"] = "hmac-sha256", ["kernel_name"] = "simsearch",
    };

    [Fact]
    public void A_file_is_read_as_Jupyter_writes_it()
    {
        File.WriteAllText(PathOfFile, Good().ToJsonString());
        Assert.Equal(new JupyterConnection(IPAddress.Loopback, 50001, 50004, 50003, 50002, 50005, "8a4f-secret"), JupyterConnection.Read(PathOfFile));
    }

    [Fact]
    public void What_is_written_is_read_again_and_is_its_owners_alone()
    {
        JupyterConnection connection = JupyterConnection.CreateLocal() with { ShellPort = 1, ControlPort = 2, StdinPort = 3, IopubPort = 4, HeartbeatPort = 65535 };
        connection.Write(PathOfFile);
        Assert.Equal(connection, JupyterConnection.Read(PathOfFile));
        Assert.Single(Directory.GetFileSystemEntries(_folder));
        if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(PathOfFile));
        Assert.DoesNotContain(connection.Key, connection.ToString());
        Assert.NotEqual(connection.Key, JupyterConnection.CreateLocal().Key);
    }

    [Theory]
    [InlineData("key", "\"\"", "key")]
    [InlineData("key", "5", "key")]
    [InlineData("key", null, "key")]
    [InlineData("ip", "\"0.0.0.0\"", "loopback")]
    [InlineData("ip", "\"*\"", "loopback")]
    [InlineData("ip", "\"192.168.1.5\"", "loopback")]
    [InlineData("ip", "\"example.org\"", "loopback")]
    [InlineData("ip", null, "ip")]
    [InlineData("transport", "\"ipc\"", "transport='ipc'")]
    [InlineData("signature_scheme", "\"hmac-md5\"", "signature_scheme='hmac-md5'")]
    [InlineData("shell_port", "0", "shell_port=0")]
    [InlineData("shell_port", "65536", "shell_port=65536")]
    [InlineData("hb_port", "1.5", "hb_port=1.5")]
    [InlineData("hb_port", "\"80\"", "hb_port=")]
    [InlineData("stdin_port", null, "stdin_port=")]
    [InlineData("iopub_port", "50001", "same")]
    public void A_wrong_field_is_named(string field, string? value, string named)
    {
        JsonObject content = Good();
        content.Remove(field);
        if (value is not null) content[field] = JsonNode.Parse(value);
        File.WriteAllText(PathOfFile, content.ToJsonString());
        string message = Assert.Throws<JupyterException>(() => JupyterConnection.Read(PathOfFile)).Message;
        Assert.Contains(named, message);
        Assert.Contains(PathOfFile, message);
        Assert.DoesNotContain("8a4f-secret", message);
    }

    [Theory]
    [InlineData("localhost", "127.0.0.1")]
    [InlineData("127.0.0.9", "127.0.0.9")]
    [InlineData("::1", "::1")]
    public void Every_loopback_address_is_accepted(string ip, string address)
    {
        JsonObject content = Good();
        content["ip"] = ip;
        File.WriteAllText(PathOfFile, content.ToJsonString());
        Assert.Equal(IPAddress.Parse(address), JupyterConnection.Read(PathOfFile).Address);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[1,2]")]
    [InlineData("null")]
    [InlineData("long")]
    public void What_is_no_connection_file_is_refused(string content)
    {
        File.WriteAllText(PathOfFile, content == "long" ? new string(' ', 70_000) : content);
        Assert.Contains(PathOfFile, Assert.Throws<JupyterException>(() => JupyterConnection.Read(PathOfFile)).Message);
    }

    [Fact]
    public void A_missing_file_is_named() =>
        Assert.Contains(PathOfFile, Assert.Throws<JupyterException>(() => JupyterConnection.Read(PathOfFile)).Message);

    [Fact]
    public void A_port_that_is_taken_leaves_none_of_the_others_taken()
    {
        using JupyterKernel first = JupyterKernel.Start(JupyterConnection.CreateLocal(), new ToyEngine());
        JupyterConnection wanted = JupyterConnection.CreateLocal() with { HeartbeatPort = first.Connection.ShellPort };
        Assert.Contains($"hb_port={first.Connection.ShellPort}", Assert.Throws<JupyterException>(() => JupyterKernel.Start(wanted, new ToyEngine())).Message);
        Assert.Throws<ArgumentException>(() => JupyterKernel.Start(wanted with { Key = "" }, new ToyEngine()));
        Assert.Throws<ArgumentException>(() => JupyterKernel.Start(JupyterConnection.CreateLocal() with { Address = IPAddress.Any }, new ToyEngine()));
    }
}
