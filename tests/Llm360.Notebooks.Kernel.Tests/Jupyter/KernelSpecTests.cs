// The kernel spec: names of other programs are taken only when that is asked for.
using System.Text.Json.Nodes;
using Llm360.Notebooks.Kernel.Jupyter;
using Xunit;

namespace Llm360.Notebooks.Kernel.Tests.Jupyter;

public sealed class KernelSpecTests : IDisposable
{
    private const string Other = """{"argv":["dotnet","interactive"],"display_name":".NET (C#)","language":"C#"}""";
    private readonly TemporaryFolder folder = new();

    private string SpecFile => Path.Combine(folder.Path, "kernels", ".net-csharp", "kernel.json");

    public void Dispose() => folder.Dispose();

    [Fact]
    public void The_name_of_another_kernel_is_taken_only_when_asked_and_given_back()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(SpecFile)!);
        File.WriteAllText(SpecFile, Other);
        var refused = Assert.Throws<Llm360Exception>(() => Install());
        Assert.Contains("--replace", refused.Remedy, StringComparison.Ordinal);
        Assert.Equal(Other, File.ReadAllText(SpecFile));

        Install(replaceOther: true);
        Install();
        Assert.Contains("llm360", File.ReadAllText(SpecFile), StringComparison.Ordinal);
        KernelSpec.Find([folder.Path]).Single().Uninstall();
        Assert.Equal(Other, File.ReadAllText(SpecFile));
        Assert.Empty(KernelSpec.Find([folder.Path]));
    }

    [Fact]
    public void Under_the_name_of_NET_Interactive_cells_have_its_namespaces()
    {
        Install();
        var argv = JsonNode.Parse(File.ReadAllText(SpecFile))!["argv"]!.AsArray().Select(part => part!.ToString());
        Assert.Contains("--dotnet-interactive", argv);
        KernelSpec.Find([folder.Path]).Single().Uninstall();
        Assert.False(File.Exists(SpecFile));
        var own = KernelSpec.Install(folder.Path, KernelSpec.DefaultName, ["llm360"], new Dictionary<string, string>());
        Assert.DoesNotContain("--dotnet-interactive", own.Command);
    }

    private void Install(bool replaceOther = false) =>
        KernelSpec.Install(folder.Path, ".net-csharp", ["llm360"], new Dictionary<string, string>(), replaceOther);
}
