// llm360 doctor describes the machine with MKL's fast path on and off, and without LibTorch.
using System.Text.Json.Nodes;

namespace Llm360.Notebooks.EndToEnd;

public sealed class DoctorTests
{
    [Fact]
    public async Task Products_are_right_with_the_fast_path_on_and_off()
    {
        using var llm360 = new Llm360Command();
        var usual = await DescribeAsync(llm360);
        llm360.Variables["LLM360_AMD_SWITCH"] = "off";
        var off = await DescribeAsync(llm360);
        // The errors are relative to float64, so both products are equal up to rounding.
        Assert.InRange((double)usual["productError"]!, 0, 5e-6);
        Assert.InRange((double)off["productError"]!, 0, 5e-6);
        Assert.NotEqual("On", (string?)off["amdSwitch"]);
        Assert.Equal((string?)usual["amdSwitch"] == "On", (string?)off["amdSwitch"] == "Off");
    }

    [Fact]
    public async Task A_folder_without_LibTorch_is_one_clear_error()
    {
        using var llm360 = new Llm360Command();
        llm360.Variables["LLM360_LIBTORCH"] = llm360.Home;
        var result = await llm360.RunAsync("doctor");
        Assert.Equal(1, result.ExitCode);
        Assert.StartsWith("error: LibTorch", result.Error, StringComparison.Ordinal);
        Assert.Contains(llm360.Home, result.Error, StringComparison.Ordinal);
        Assert.Contains("what to do", result.Error, StringComparison.Ordinal);
    }

    private static async Task<JsonNode> DescribeAsync(Llm360Command llm360)
    {
        var result = await llm360.RunAsync("doctor", "--json");
        Assert.True(result.ExitCode == 0, result.Error);
        return JsonNode.Parse(result.Output)!;
    }
}
