// Every golden model against tests/fixtures/models at the float32 tolerances of its README.
using System.Text.Json;
using TorchSharp;

namespace Llm360.Notebooks.Tests;

public sealed class GoldenModelTests
{
    private const double Logits = 2e-4, LogProbability = 1e-4, Loss = 1e-5, Attention = 5e-5;

    public static TheoryData<string> Cases =>
        [.. Directory.GetDirectories(Fixtures.Path("models")).Select(d => Path.GetFileName(d)!).Order(StringComparer.Ordinal)];

    public static TheoryData<string> WithHidden => ["llama-mha", "neox", "crystal"];

    public static TheoryData<string> WithNewConfig => [.. Directory.GetDirectories(Fixtures.Path("models"))
        .Where(d => File.Exists(Path.Combine(d, "config.v5.json")))
        .Select(d => Path.GetFileName(d)!)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Logits_of_equal_and_ragged_rows_are_the_reference(string name)
    {
        using var model = Load(name);
        using var expected = Expected(name);
        using var scope = torch.NewDisposeScope();
        Near(expected.View("logits"), model.Logits(model.Forward(Ids(Rows(name, "rows")))), Logits);
        foreach (var (i, row) in Rows(name, "ragged").Index())
            Near(expected.View($"ragged.{i}.logits"), model.Logits(model.Forward(Ids([row]))).squeeze(0), Logits);
    }

    [Theory]
    [MemberData(nameof(WithNewConfig))]
    public void The_newer_form_of_the_configuration_is_the_same_model(string name)
    {
        using var folder = new TemporaryFolder();
        File.Copy(Fixtures.Path("models", name, "config.v5.json"), folder["config.json"]);
        Assert.Equal(ModelConfig.Read(Fixtures.Path("models", name, "config.json")), ModelConfig.Read(folder["config.json"]));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Scores_are_the_reference(string name)
    {
        using var model = Load(name);
        using var expected = Expected(name);
        using var scope = torch.NewDisposeScope();
        var scores = model.Score(Rows(name, "rows"));
        Assert.Equal(
            expected.View("rank").data<long>().ToArray(),
            scores.SelectMany(s => s.Positions.SkipLast(1)).Select(p => (long)p.Rank));
        Assert.Equal(
            expected.View("logits").argmax(-1).data<long>().ToArray(),
            scores.SelectMany(s => s.Positions).Select(p => (long)p.Argmax));
        Near(expected.View("logprob").data<float>(), scores.SelectMany(s => s.Positions.SkipLast(1)).Select(p => p.LogProbability),
            LogProbability);
        Near(expected.View("entropy").data<float>(), scores.SelectMany(s => s.Positions).Select(p => p.Entropy), LogProbability);
        Near(expected.View("loss").data<float>(), scores.Select(s => (float)s.Loss), Loss);
    }

    [Theory]
    [MemberData(nameof(WithHidden))]
    public void Hidden_states_and_attention_are_the_reference(string name)
    {
        // The values of Crystal's residual stream reach several hundred.
        var hidden = name == "crystal" ? 5e-3 : 1e-4;
        using var model = Load(name);
        using var expected = Expected(name);
        var blocks = Enumerable.Range(0, model.Config.Layers).ToList();
        var hooks = new ForwardHooks();
        using var kept = hooks.Keep(
        [
            .. blocks.Select(HookSite.BlockInput), .. blocks.Select(HookSite.AttentionProbabilities),
            HookSite.AfterMlp(blocks[^1]), HookSite.FinalNorm,
        ]);
        using var scope = torch.NewDisposeScope();
        var last = model.Forward(Ids(Rows(name, "rows")), hooks: hooks);
        Near(expected.View("logits"), model.Logits(last), Logits);
        foreach (var i in blocks)
        {
            Near(expected.View($"hidden.{i}"), kept[HookSite.BlockInput(i)], hidden);
            Near(expected.View($"attention.{i}"), kept[HookSite.AttentionProbabilities(i)], Attention);
        }

        Near(expected.View("prenorm"), kept[HookSite.AfterMlp(blocks[^1])], hidden);
        Near(expected.View($"hidden.{blocks.Count}"), kept[HookSite.FinalNorm], hidden);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Greedy_ids_are_the_reference_and_the_cache_changes_none(string name)
    {
        using var model = Load(name);
        var greedy = Fixtures.Json("models", name, "greedy.json");
        var length = (int)greedy["prompt_length"]!;
        var count = (int)greedy["new_tokens"]!;
        int[][] prompts = [.. Rows(name, "rows").Select(r => r[..length])];
        var expected = greedy["new"].Deserialize<int[][]>()!;
        var generated = model.Generate(prompts, new GenerationOptions { MaxNewTokens = count });
        Assert.Equal(expected, generated.Select(g => g.ToArray()));
        Assert.Equal(expected, WithoutCache(model, prompts, count));
    }

    [Theory]
    [MemberData(nameof(WithHidden))]
    public void Left_padding_and_stopping_are_the_reference(string name)
    {
        using var model = Load(name);
        using var expected = Expected(name);
        using var scope = torch.NewDisposeScope();
        var greedy = Fixtures.Json("models", name, "greedy.json");
        var padded = greedy["left_padded"]!;
        int[][] ids = padded["input_ids"].Deserialize<int[][]>()!, mask = padded["attention_mask"].Deserialize<int[][]>()!;
        int[] padding = [.. mask.Select(m => m.Count(v => v == 0))];
        var hidden = model.Forward(Ids(ids), padding: padding);
        Near(expected.View("left_padded.logits"), model.Logits(hidden.select(1, hidden.shape[1] - 1)), Logits);

        var count = (int)greedy["new_tokens"]!;
        int[][] prompts = [.. ids.Zip(padding, (row, p) => row[p..])];
        Assert.Equal(
            padded["new"].Deserialize<int[][]>()!,
            model.Generate(prompts, new GenerationOptions { MaxNewTokens = count }).Select(g => g.ToArray()));

        var eos = greedy["eos"]!;
        int[][] equal = [.. Rows(name, "rows").Select(r => r[..(int)greedy["prompt_length"]!])];
        var stopped = model.Generate(equal, new GenerationOptions { MaxNewTokens = count, StopTokens = [(int)eos["eos_token_id"]!] });
        Assert.Equal(eos["lengths"].Deserialize<int[]>()!, stopped.Select(s => s.Count));
        var pad = (int)eos["pad_token_id"]!;
        Assert.Equal(eos["new"].Deserialize<int[][]>()!, stopped.Select(s => s.Concat(Enumerable.Repeat(pad, count - s.Count)).ToArray()));
    }

    [Theory]
    [InlineData(torch.ScalarType.Float32)] // the path of the CPU
    [InlineData(torch.ScalarType.BFloat16)] // the path of all other devices
    public void Bfloat16_is_near_the_reference_in_the_mean_and_in_the_choices(torch.ScalarType hidden)
    {
        using var plain = (LlamaModel)LanguageModel.Load(Fixtures.Path("models", "llama-bf16"));
        Assert.Equal((torch.bfloat16, torch.float32), (plain.Type, plain.HiddenType));
        using var state = StateDict.Open(Fixtures.Path("models", "llama-bf16"));
        using var model =
            new LlamaModel((LlamaConfig)plain.Config, state.Entries.Keys.ToDictionary(n => n, state.View)) { HiddenType = hidden };
        using var expected = Expected("llama-bf16");
        using var scope = torch.NewDisposeScope();
        var logits = model.Logits(model.Forward(Ids(Rows("llama-bf16", "rows"))));
        Assert.Equal(hidden, logits.dtype);
        logits = logits.to(torch.float32);
        var reference = expected.View("logits_bf16").to(torch.float32);
        Assert.InRange((logits - reference).abs().mean().item<float>(), 0, 0.06);
        Assert.InRange(logits.argmax(-1).eq(reference.argmax(-1)).to(torch.float32).mean().item<float>(), 0.95, 1);
    }

    [Fact]
    public void Crystals_neighbouring_pairs_and_parts_of_heads_are_turned_in_a_batch_with_a_cache_in_pieces()
    {
        foreach (var name in new[] { "crystal", "neox", "llama-gqa" })
        {
            using var model = Load(name);
            using var scope = torch.NewDisposeScope();
            var ids = Ids(Rows(name, "rows"));
            using var cache = new KeyValueCache(model, ids.shape[0], (int)ids.shape[1]);
            var pieces = new List<torch.Tensor>();
            for (var at = 0L; at < ids.shape[1]; at += 5)
                pieces.Add(model.Forward(ids.narrow(1, at, Math.Min(5, ids.shape[1] - at)), cache));
            Near(model.Forward(ids), torch.cat(pieces, 1), name == "crystal" ? 5e-3 : 1e-4);
        }
    }

    [Fact]
    public void A_crystal_that_turns_whole_heads_attends_the_same_with_a_cache_and_without()
    {
        using var folder = new TemporaryFolder();
        foreach (var file in Directory.EnumerateFiles(Fixtures.Path("models", "crystal")))
            File.Copy(file, folder[Path.GetFileName(file)]);
        var json = Fixtures.Json("models", "crystal", "config.json");
        json["rotary_dim"] = (int)json["n_embd"]! / (int)json["n_head"]!;
        File.WriteAllText(folder["config.json"], json.ToJsonString());
        using var model = LanguageModel.Load(folder[""], null, torch.float32);
        using var scope = torch.NewDisposeScope();
        var ids = Ids(Rows("crystal", "rows"));
        using var cache = new KeyValueCache(model, ids.shape[0], (int)ids.shape[1]);
        Near(model.Forward(ids, cache), model.Forward(ids), 5e-3);
    }

    [Fact]
    public void A_tied_head_may_lie_in_the_file_if_it_is_the_embedding()
    {
        using var folder = new TemporaryFolder();
        File.Copy(Fixtures.Path("models", "llama-tied", "config.json"), folder["config.json"]);
        using var state = StateDict.Open(Fixtures.Path("models", "llama-tied"));
        using var scope = torch.NewDisposeScope();
        var tensors = state.Entries.Keys.Where(n => n != LlamaNames.Head).Select(n => (n, state.View(n))).ToList();
        var embedding = state.View(LlamaNames.Embedding);
        SafetensorsWriter.Write(folder["model.safetensors"], [.. tensors, (LlamaNames.Head, embedding)]);
        using (LanguageModel.Load(folder[""]))
        {
        }

        SafetensorsWriter.Write(folder["model.safetensors"], [.. tensors, (LlamaNames.Head, embedding + 1e-3f)]);
        Assert.Contains(LlamaNames.Head, Assert.Throws<Llm360Exception>(() => LanguageModel.Load(folder[""])).What,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Weights_of_mixed_types_are_computed_in_that_of_the_embedding()
    {
        using var folder = new TemporaryFolder();
        var source = Fixtures.Path("models", "llama-gqa");
        File.Copy(Path.Combine(source, "config.json"), folder["config.json"]);
        using var state = StateDict.Open(source);
        using var scope = torch.NewDisposeScope();
        SafetensorsWriter.Write(folder["model.safetensors"], [.. state.Entries.Keys.Select(
            n => (n, state.View(n).to(n.Contains("norm", StringComparison.Ordinal) ? torch.bfloat16 : torch.float32)))]);
        using var model = LanguageModel.Load(folder[""]);
        using var plain = Load("llama-gqa");
        var ids = Ids(Rows("llama-gqa", "rows"));
        Near(plain.Forward(ids), model.Forward(ids), 0.2); // The norms' weights were rounded to 8 bits.
    }

    // The logits of llama-bf16 are float32, computed from bfloat16 weights. The weights of
    // llama-bin are float16.
    private static LanguageModel Load(string name) => LanguageModel.Load(Fixtures.Path("models", name), null, torch.float32);

    private static StateDict Expected(string name) => StateDict.Open(Fixtures.Path("models", name, "expected.safetensors"));

    private static int[][] Rows(string name, string key) => Fixtures.Json("models", name, "rows.json")[key].Deserialize<int[][]>()!;

    private static torch.Tensor Ids(int[][] rows) =>
        torch.tensor(rows.SelectMany(r => r).Select(t => (long)t).ToArray(), [rows.Length, rows[0].Length]);

    private static int[][] WithoutCache(LanguageModel model, int[][] prompts, int count)
    {
        using var inference = torch.inference_mode();
        var rows = prompts.Select(p => p.ToList()).ToArray();
        for (var i = 0; i < count; i++)
        {
            using var scope = torch.NewDisposeScope();
            var hidden = model.Forward(Ids([.. rows.Select(r => r.ToArray())]));
            var next = model.Logits(hidden.select(1, hidden.shape[1] - 1)).argmax(1).data<long>().ToArray();
            foreach (var (row, token) in rows.Zip(next))
                row.Add((int)token);
        }

        return [.. rows.Select((r, i) => r.Skip(prompts[i].Length).ToArray())];
    }

    private static void Near(torch.Tensor expected, torch.Tensor actual, double tolerance)
    {
        Assert.Equal(expected.shape, actual.shape);
        Assert.InRange((expected.to(torch.float64) - actual.to(torch.float64)).abs().max().item<double>(), 0, tolerance);
    }

    private static void Near(IEnumerable<float> expected, IEnumerable<float> actual, double tolerance)
    {
        var pairs = expected.ToArray().Zip(actual.ToArray()).ToArray();
        Assert.NotEmpty(pairs);
        Assert.InRange(pairs.Max(p => Math.Abs((double)p.First - p.Second)), 0, tolerance);
    }
}
