// Jupyter's own conformance suite, in the system's version and in a newer version.
namespace Llm360.Notebooks.EndToEnd.Jupyter;

public sealed class ConformanceTests
{
    [Fact]
    public Task The_systems_suite_passes() => PassAsync(Python.System("jupyter_kernel_test"));

    [Fact]
    public Task A_newer_suite_passes() => PassAsync(Python.Peers("jupyter_kernel_test"));

    private static async Task PassAsync(Python python)
    {
        using var home = await JupyterHome.CreateAsync(suite: false);
        var result = await home.RunAsync(python, Path.Combine(AppContext.BaseDirectory, "Jupyter", "conformance.py"));
        Assert.True(result.ExitCode == 0, result.Error);

        // All tests pass except the pager, a deprecated payload that this kernel does not send.
        Assert.Matches("Ran 12 tests", result.Error);
        Assert.Matches(@"OK \(skipped=1\)", result.Error);
        Assert.Matches("test_pager .* skipped", result.Error);
    }
}
