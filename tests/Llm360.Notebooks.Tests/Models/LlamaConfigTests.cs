// config.json: reading, and refusal of values that would change the mathematics.
using System.Text.Json.Nodes;

namespace Llm360.Notebooks.Tests;

public sealed class LlamaConfigTests
{
    [Fact]
    public void A_configuration_comes_back_as_written()
    {
        using var folder = new TemporaryFolder();
        var config = LlamaConfig.Read(Fixtures.Path("training", "init", "config.json"));
        Assert.Equal(33440, config.ParameterCount);
        File.WriteAllText(folder["config.json"], config.ToJson());
        Assert.Equal(config, LlamaConfig.Read(folder["config.json"]));
    }

    [Fact]
    public void Scalings_come_back_as_written()
    {
        using var folder = new TemporaryFolder();
        var plain = LlamaConfig.Read(Fixtures.Path("training", "init", "config.json"));
        foreach (var scaling in new[]
        {
            new RopeScaling(RopeScalingType.Linear, 2), new RopeScaling(RopeScalingType.Dynamic, 4),
            new RopeScaling(RopeScalingType.Llama3, 8) { LowFrequencyFactor = 2, HighFrequencyFactor = 6, OriginalLength = 512 },
            new RopeScaling(RopeScalingType.Yarn, 3) { BetaFast = 16, BetaSlow = 2, AttentionFactor = 1.5, OriginalLength = 128 },
        })
        {
            var config = plain with { RopeScaling = scaling };
            File.WriteAllText(folder["config.json"], config.ToJson());
            Assert.Equal(config, LlamaConfig.Read(folder["config.json"]));
        }
    }

    [Theory]
    [InlineData("model_type", "\"gpt2\"")]
    [InlineData("hidden_act", "\"gelu\"")]
    [InlineData("attention_bias", "3")]
    [InlineData("sliding_window", "4096")]
    [InlineData("logit_softcapping", "30.0")]
    [InlineData("num_key_value_heads", "3")]
    [InlineData("rope_scaling", """{"type":"longrope","factor":2.0}""")]
    [InlineData("rope_scaling", """{"type":"linear","factor":"2"}""")]
    [InlineData("rope_scaling", """{"type":"yarn","factor":2.0,"mscale":1.0}""")]
    [InlineData("rope_scaling", "2.0")]
    [InlineData("rope_parameters", """{"rope_type":"yarn"}""")]
    [InlineData("hidden_size", "-3")]
    [InlineData("architectures", """["MistralForCausalLM"]""")]
    [InlineData("architectures", "3")]
    [InlineData("rope_theta", "0")]
    [InlineData("rms_norm_eps", "-1")]
    [InlineData("rope_scaling", """{"rope_type":"llama3","factor":8.0}""")]
    [InlineData("rope_scaling", """{"rope_type":"yarn","factor":2.0,"beta_fast":1,"beta_slow":32}""")]
    [InlineData("rope_scaling", """{"factor":4.0}""")]
    [InlineData("rope_parameters", """{"rope_type":"default","rope_theta":10000,"mrope_section":[1]}""")]
    [InlineData("rope_parameters", """{"full_attention":{"rope_type":"linear","factor":4}}""")]
    [InlineData("rope_parameters", """{"rope_theta":-1}""")]
    public void A_key_that_changes_the_mathematics_is_refused_by_name(string key, string value)
    {
        using var folder = new TemporaryFolder();
        var json = Fixtures.Json("training", "init", "config.json");
        json[key] = JsonNode.Parse(value);
        File.WriteAllText(folder["config.json"], json.ToJsonString());
        Assert.Contains(key, Assert.Throws<Llm360Exception>(() => LlamaConfig.Read(folder["config.json"])).What, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_or_broken_file_is_one_clear_error()
    {
        using var folder = new TemporaryFolder();
        Assert.Contains("config.json", Assert.Throws<Llm360Exception>(() => LlamaConfig.Read(folder["config.json"])).Message,
            StringComparison.Ordinal);
        File.WriteAllText(folder["config.json"], """{"model_type":"llama","rms_norm_eps":1e-5,"rms_norm_eps":1e-6}""");
        Assert.Contains("\"rms_norm_eps\" is there twice",
            Assert.Throws<Llm360Exception>(() => LlamaConfig.Read(folder["config.json"])).What, StringComparison.Ordinal);
        File.WriteAllText(folder["config.json"], "{ \"model_type\": ");
        Assert.Contains("not valid JSON", Assert.Throws<Llm360Exception>(() => LlamaConfig.Read(folder["config.json"])).What,
            StringComparison.Ordinal);
    }
}
