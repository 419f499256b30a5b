// CrystalCoder's config.json: values that would change the mathematics are refused.
using System.Text.Json.Nodes;

namespace Llm360.Notebooks.Tests;

public sealed class CrystalConfigTests
{
    [Theory]
    [InlineData("mup_output_alpha", "0")]
    [InlineData("mup_output_alpha", "-1.5")]
    [InlineData("mup_width_scale", "-0.1")]
    public void A_factor_that_turns_the_order_of_logits_round_is_refused_by_name(string key, string value)
    {
        using var folder = new TemporaryFolder();
        var json = Fixtures.Json("models", "crystal", "config.json");
        json[key] = JsonNode.Parse(value);
        File.WriteAllText(folder["config.json"], json.ToJsonString());
        var error = Assert.Throws<Llm360Exception>(() => ModelConfig.Read(folder["config.json"]));
        Assert.Contains("mup_output_alpha", error.What, StringComparison.Ordinal);
        Assert.Contains("mup_width_scale", error.Message, StringComparison.Ordinal);
    }
}
