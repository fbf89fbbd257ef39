using System.CommandLine;
using System.Text.Json.Nodes;
using SimSearch.Cli.Terminal;
using SimSearch.Diagnostics;
using Spectre.Console;

namespace SimSearch.Cli.Commands;

/// <summary><c>simsearch doctor</c>: what is installed, what is missing and how to get it.</summary>
internal static class DoctorCommand
{
    public static Command Create(CancellationToken stop) =>
        new Command("doctor", "Say what is installed, which BLAS and SIMD level are used, what is missing and how to get it").Does(stop, Run).WithExamples(
            "simsearch doctor",
            "simsearch doctor --json | jq '.[] | select(.health != \"good\")'");

    private static void Run(Invocation call)
    {
        var parts = Doctor.Examine();
        var document = new JsonArray([.. parts.Select(p => new JsonObject
        {
            ["part"] = p.Part, ["health"] = p.Health.ToString().ToLowerInvariant(), ["found"] = p.Found, ["remedy"] = p.Remedy,
        })]);
        call.Screen.Result(document, console => console.Write(Table(parts)));
        if (parts.FirstOrDefault(p => p.Health == Health.Missing) is { } missing)
            throw new SimSearchException($"{missing.Part} is missing: {missing.Remedy}");
    }

    private static Table Table(IReadOnlyList<Diagnosis> parts)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumns("part", "", "found");
        foreach (var part in parts)
        {
            string mark = part.Health switch { Health.Good => "[green]ok[/]", Health.Limited => "[yellow]limited[/]", _ => "[red]missing[/]" };
            string remedy = part.Remedy is null ? "" : $"\n[grey]{Markup.Escape(part.Remedy)}[/]";
            table.AddRow(Markup.Escape(part.Part), mark, Markup.Escape(part.Found) + remedy);
        }
        return table;
    }
}
