// The tokenizer of a folder is found in any of the supported files.

namespace Llm360.Notebooks.Tests;

public class TokenizersTests
{
    [Fact]
    public void The_model_file_comes_before_the_json_file()
    {
        using var folder = new TemporaryFolder();
        File.Copy(Fixtures.Path("tokenizer", "neox.json"), folder["tokenizer.json"]);
        Assert.Equal((1523, 0), (Tokenizers.Load(folder.Path).VocabularySize, Tokenizers.Load(folder.Path).EosId));
        File.Copy(Fixtures.Path("tokenizer", "small.model"), folder["tokenizer.model"]);
        Assert.Equal((2048, 2), (Tokenizers.Load(folder.Path).VocabularySize, Tokenizers.Load(folder.Path).EosId));
    }

    [Fact]
    public void Without_either_the_error_lists_what_is_there()
    {
        using var folder = new TemporaryFolder();
        Assert.Contains("is empty", Refusal(folder.Path).Remedy, StringComparison.Ordinal);
        Directory.CreateDirectory(folder["weights"]);
        File.WriteAllText(folder["config.json"], "{}");
        Assert.EndsWith("This one holds config.json, weights/.", Refusal(folder.Path).Remedy, StringComparison.Ordinal);
        for (var i = 0; i < 30; i++)
            File.WriteAllText(folder[$"x{i:00}"], "");
        Assert.EndsWith("x17 and 12 more.", Refusal(folder.Path).Remedy, StringComparison.Ordinal);
        Assert.Equal(folder["none"], Refusal(folder["none"]).Where);
        Assert.Contains("does not exist", Refusal(folder["none"]).Remedy, StringComparison.Ordinal);

        static Llm360Exception Refusal(string folder) => Assert.Throws<Llm360Exception>(() => Tokenizers.Load(folder));
    }
}
