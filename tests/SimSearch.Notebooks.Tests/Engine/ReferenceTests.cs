using Microsoft.CodeAnalysis.CSharp;

namespace SimSearch.Notebooks.Tests;

/// <summary>What cells are compiled against: given once, inherited from cell to cell, given anew when it changes.</summary>
public sealed class ReferenceTests
{
    private readonly ReferenceSet references = new();
    private readonly SubmissionChain chain;

    public ReferenceTests() => chain = new SubmissionChain(references, ["System"]);

    private CSharpCompilation Next(string code)
    {
        var compilation = chain.Compile(code, "Cell [1]");
        var (run, keep) = chain.Load(compilation, CancellationToken.None);
        run().GetAwaiter().GetResult();
        keep();
        return compilation;
    }

    [Fact]
    public void A_cell_inherits_the_references_and_is_given_all_when_they_have_changed()
    {
        int all = references.All.Count;
        Assert.Equal(all, Next("int a = 1;").ExternalReferences.Length);
        Assert.Empty(Next("int b = a + 1;").ExternalReferences);
        Assert.Empty(chain.Compile("b.", "").ExternalReferences);

        var extra = CSharpCompilation.Create("Extra", [CSharpSyntaxTree.ParseText("public class Extra { public const int N = 5; }")], references.All, new CSharpCompilationOptions(Microsoft.CodeAnalysis.OutputKind.DynamicallyLinkedLibrary));
        references.Set("Extra", extra.ToMetadataReference());
        Assert.Equal(all + 1, chain.Compile("Extra.", "").ExternalReferences.Length); // one that is not kept gives nothing on
        Assert.Equal(all + 1, Next("const int c = Extra.N; int d = a + b + c;").ExternalReferences.Length);
        Assert.Empty(Next("int e = d;").ExternalReferences);

        chain.Rebase(dropBroken: false);
        Assert.Empty(Next("int f = e + Extra.N;").ExternalReferences);
        Assert.Equal(("f", 13), chain.Variables().Select(v => (v.Name, (int)v.Value!)).Last());
    }
}
