// The public API of the library, pinned in a text file that every change must update.
using PublicApiGenerator;

namespace Llm360.Notebooks.Tests;

public sealed class PublicApiTests
{
    [Fact]
    public void The_public_surface_is_the_reviewed_one()
    {
        var file = Path.Combine(Workspace.Repository!, "tests", "Llm360.Notebooks.Tests", "PublicApi.txt");
        var surface = typeof(Llm360Exception).Assembly
            .GeneratePublicApi(new ApiGeneratorOptions { IncludeAssemblyAttributes = false })
            .ReplaceLineEndings("\n") + "\n";
        if (Environment.GetEnvironmentVariable("LLM360_PIN") == "1")
            File.WriteAllText(file, surface);
        Assert.True(
            File.ReadAllText(file) == surface,
            "The public surface has changed. If it should, run this test with LLM360_PIN=1 and review the change of PublicApi.txt.");
    }
}
