// Damaged JSON is read, or ends in one typed error.
using System.Globalization;
using System.Text;
using Llm360.Notebooks.Kernel.Documents;
using Xunit;

namespace Llm360.Notebooks.Fuzzing;

/// <summary>With more cases: LLM360_FUZZ=100000 dotnet test
/// tests/Llm360.Notebooks.Fuzzing.</summary>
public sealed class JsonFuzzTests
{
    private const int UsualCases = 3_000;
    private const long MostMemory = 256 << 20;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    private static readonly string Root = Workspace.Repository!;

    private static int Cases => Number("LLM360_FUZZ") ?? UsualCases;

    private static int First => Number("LLM360_FUZZ_FIRST") ?? 0;

    [Fact]
    public async Task Damaged_documents_are_read_or_end_in_a_typed_error()
    {
        var folder = Directory.CreateTempSubdirectory("llm360-fuzz-").FullName;
        var number = First;
        var outcomes = new Dictionary<string, (int Read, int Refused)>();
        try
        {
            // On a thread of its own, so that the number of a case that hangs can be reported.
            var task = Task.Factory.StartNew(Run, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            try
            {
                await task.WaitAsync(Patience, TestContext.Current.CancellationToken);
            }
            catch (TimeoutException)
            {
                Assert.Fail($"case {number} hangs, or all are slow");
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        TestContext.Current.TestOutputHelper?.WriteLine(string.Join(Environment.NewLine, outcomes));
        // Some documents must be read and some refused. Otherwise the damage is too small or too
        // large to find anything.
        if (Cases >= UsualCases)
            Assert.All(outcomes, o => Assert.True(o.Value.Read > 0 && o.Value.Refused > 0, $"{o}"));

        void Run()
        {
            var documents = Documents();
            List<byte[]> all = [.. documents.Select(d => d.Good)];
            for (; number < First + Cases; number++)
            {
                var random = new Random(number);
                var (name, good, read) = documents[random.Next(documents.Count)];
                var path = Path.Combine(folder, name);
                File.WriteAllBytes(path, JsonDamage.Apply(good, random, all));
                var (yes, no) = outcomes.GetValueOrDefault(name);
                outcomes[name] = Reads(read, path, number) ? (yes + 1, no) : (yes, no + 1);
                File.Delete(path);
            }
        }
    }

    // Each reader also uses what it has read, as a command would before it computes.
    private static List<(string Name, byte[] Good, Action<string> Read)> Documents()
    {
        string[] models = ["llama-gqa", "llama-rope-llama3", "llama-rope-yarn", "neox", "crystal"];
        var generation = """{"bos_token_id": 1, "eos_token_id": [2, 3], "temperature": 0.6}""";
        var index = """{"metadata": {"total_size": 3}, "weight_map": {"a": "x.safetensors", "b": "y.safetensors"}}""";
        var canaries = """
            [{"id": "c1", "chunk": 1, "repetitions": 2, "token_ids": [1, 2]},
             {"id": "control-00", "chunk": null, "repetitions": 0, "token_ids": [3]}]
            """;
        var results = """
            {"results": {"arc_easy": {"alias": "arc_easy", "acc,none": 0.5, "acc_stderr,none": 0.01},
            """
            + """
             "mmlu": {"acc,none": 0.3, "acc_stderr,none": "N/A"}},
             "configs": {"arc_easy": {}}, "config": {"model_args": "pretrained=x,revision=step1000"}, "lm_eval_version": "0.4.9"}
            """;
        return
        [
            ("results.json", Encoding.UTF8.GetBytes(results), path => LmEvalResults.Read(path)),
            (SuiteLayout.Manifest, Bytes("data-manifests", "suites", "pico.json"), path => Suite.OpenFolder(Folder(path)).ToTable()),
            ("hub.json", Bytes("data-manifests", "suites", "amber.json"), HubSuite),
            ("hub.json", Bytes("data-manifests", "suites", "crystal.json"), HubSuite),
            ("papers.json", Bytes("data-manifests", "papers", "llm360.json"), path => Papers.Read(path)),
            .. models.Select(m => (SuiteLayout.Config, Bytes("tests", "fixtures", "models", m, "config.json"), (Action<string>)Config)),
            ("generation_config.json", Encoding.UTF8.GetBytes(generation), path => StopTokens.Read(Folder(path))),
            ("tokenizer.json", Tokenizer(), path => ByteLevelBpeTokenizer.Load(path).Encode("a text")),
            ("model.safetensors.index.json", Encoding.UTF8.GetBytes(index), Index),
            (SuiteLayout.Canaries, Encoding.UTF8.GetBytes(canaries), path => Canary.ReadAll(path)),
            ("x.ipynb", Bytes("tests", "Llm360.Notebooks.Kernel.Tests", "Data", "jupyter-written.ipynb"), Notebook),
        ];
    }

    private static void HubSuite(string path) => Suite.OnHub(ManifestFile.Read(path), Folder(path));

    private static void Config(string path)
    {
        var config = ModelConfig.Read(path);
        Assert.True(config.ParameterCount > 0);
        StopTokens.Read(Folder(path));
    }

    // The shards do not exist. The test is whether the index can be read.
    private static void Index(string path)
    {
        try
        {
            StateDict.Open(path).Dispose();
        }
        catch (WeightsException e) when (e.What.EndsWith("is not there.", StringComparison.Ordinal))
        {
        }
    }

    private static void Notebook(string path)
    {
        var notebook = NotebookFile.Read(path);
        foreach (var cell in notebook.Cells)
            Assert.NotNull((cell.Id, cell.Source, cell.Tags, cell.Outputs, cell.ExecutionCount).ToString());
        NotebookFile.Parse(notebook.ToJson(), "written again");
    }

    private static byte[] Tokenizer()
    {
        // Each byte is its own character, or the character that GPT-2 uses for a byte that cannot
        // be seen.
        var tokens = new List<string>();
        for (var (b, next) = (0, 256); b < 256; b++)
            tokens.Add(((char)(b is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or >= 0xAE ? b : next++)).ToString());
        var vocabulary = string.Join(", ", tokens.Append("aa").Select((t, i) => $"{System.Text.Json.JsonSerializer.Serialize(t)}: {i}"));
        return Encoding.UTF8.GetBytes($$$"""
            {"added_tokens": [{"content": "<|endoftext|>", "id": 257, "normalized": false}], "normalizer": {"type": "NFC"},
             "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false}, "post_processor": null,
             "decoder": {"type": "ByteLevel"}, "model": {"type": "BPE", "vocab": { {{{vocabulary}}} }, "merges": [["a", "a"]]}}
            """);
    }

    private static byte[] Bytes(params string[] parts) => File.ReadAllBytes(Path.Combine([Root, .. parts]));

    private static string Folder(string path) => Path.GetDirectoryName(path)!;

    private static int? Number(string variable) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : null;

    private static bool Reads(Action<string> read, string path, int number)
    {
        var memory = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            read(path);
            return true;
        }
        catch (Llm360Exception e)
        {
            // A terminal would obey control characters.
            Assert.False((e.What + e.Where).Any(char.IsControl), $"case {number}: {e.Message}");
            Assert.True(e.Message.Length < 20_000, $"case {number}: {e.Message.Length} characters");
            return false;
        }
        catch (Exception e) when (e is not Xunit.Sdk.IAssertionException)
        {
            Assert.Fail($"case {number}: {e}");
            throw;
        }
        finally
        {
            memory = GC.GetAllocatedBytesForCurrentThread() - memory;
            Assert.True(memory <= MostMemory, $"case {number}: {memory} bytes allocated");
        }
    }
}
