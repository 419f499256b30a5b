// Writing a checkpoint's folder so that it is there whole or not at all, and reading one back to go on.
using Llm360.Notebooks.Suites;
using Llm360.Notebooks.Weights;
using TorchSharp;

namespace Llm360.Notebooks.Training;

/// <summary>Checkpoints of a suite in training: Hugging Face layout plus AdamW's moments.</summary>
internal static class CheckpointWriter
{
    private const string FirstMoment = "exp_avg.", SecondMoment = "exp_avg_sq.", StepCount = "step", ArithmeticKey = "arithmetic";

    /// <summary>Version of training's arithmetic. Raise it with every change that gives other bits: a run goes on only with the version it began with.</summary>
    /// <remarks>A state without a version is of a kit that summed gradients thread by thread.</remarks>
    private const string Arithmetic = "1";

    /// <summary>Writes <c>ckpt_NNN</c> under a temporary name and renames it.</summary>
    public static void Write(string suiteFolder, int index, ParameterBuffer weights, AdamW optimizer, byte[] tokenizer, string suite)
    {
        var final = Path.Combine(suiteFolder, SuiteLayout.Checkpoint(index));
        var temporary = $"{final}.tmp";
        if (Directory.Exists(temporary))
            Directory.Delete(temporary, recursive: true);
        try
        {
            AtomicFile.WriteText(Path.Combine(temporary, SuiteLayout.Config), weights.Config.ToJson());
            AtomicFile.Write(Path.Combine(temporary, SuiteLayout.Tokenizer), stream => stream.Write(tokenizer));
            AtomicFile.WriteText(Path.Combine(temporary, "tokenizer_config.json"), TokenizerConfig);
            SafetensorsWriter.Write(Path.Combine(temporary, SuiteLayout.Weights), [.. weights.Views.Select(v => (v.Key, v.Value))], new Dictionary<string, string> { ["suite"] = suite, ["checkpoint"] = SuiteLayout.Checkpoint(index) });
            using (var steps = torch.tensor(new[] { optimizer.Steps }))
            {
                SafetensorsWriter.Write(
                    Path.Combine(temporary, SuiteLayout.Optimizer),
                    [
                        .. optimizer.FirstMoment.Views.Select(v => (FirstMoment + v.Key, v.Value)),
                        .. optimizer.SecondMoment.Views.Select(v => (SecondMoment + v.Key, v.Value)),
                        (StepCount, steps),
                    ],
                    new Dictionary<string, string> { [ArithmeticKey] = Arithmetic });
            }

            // A checkpoint beyond the one that a run goes on from is trained anew.
            if (Directory.Exists(final))
                Directory.Delete(final, recursive: true);
            Directory.Move(temporary, final);
        }
        finally
        {
            if (Directory.Exists(temporary))
                Directory.Delete(temporary, recursive: true);
        }
    }

    /// <summary>Number of the last checkpoint that training can go on from; null when there is none.</summary>
    public static int? Latest(string suiteFolder, int chunks) =>
        Enumerable.Range(0, chunks + 1).Reverse().Select(i => (int?)i)
            .FirstOrDefault(i => File.Exists(Path.Combine(suiteFolder, SuiteLayout.Checkpoint(i!.Value), SuiteLayout.Optimizer)));

    /// <summary>Refuses to go on from a checkpoint whose training computed in another way, because the rest would be another model.</summary>
    /// <exception cref="Llm360Exception">The optimizer state has another version of <see cref="Arithmetic"/>, or none.</exception>
    public static void RequireArithmetic(string suiteFolder, int index)
    {
        var path = Path.Combine(suiteFolder, SuiteLayout.Checkpoint(index), SuiteLayout.Optimizer);
        using var file = StateDict.Open(path);
        if (file.Metadata.GetValueOrDefault(ArithmeticKey) != Arithmetic)
            throw new Llm360Exception("Another version of the kit began this training, and sums gradients in another order.", path, "Finish the training with that version, or train the suite from the start in another folder.");
    }

    /// <summary>Reads weights and optimizer state of a checkpoint.</summary>
    public static void Read(string suiteFolder, int index, ParameterBuffer weights, AdamW optimizer)
    {
        var folder = Path.Combine(suiteFolder, SuiteLayout.Checkpoint(index));
        Copy(Path.Combine(folder, SuiteLayout.Weights), "", weights);
        var path = Path.Combine(folder, SuiteLayout.Optimizer);
        Copy(path, FirstMoment, optimizer.FirstMoment);
        Copy(path, SecondMoment, optimizer.SecondMoment);
        using var file = StateDict.Open(path);
        using var steps = file.View(StepCount);
        optimizer.Steps = steps[0].item<long>();
    }

    /// <summary>Drops the optimizer states before a checkpoint that the recipe does not keep.</summary>
    public static void DropOptimizers(string suiteFolder, int before, IReadOnlyList<int> kept)
    {
        foreach (var path in Enumerable.Range(0, before).Except(kept).Select(i => Path.Combine(suiteFolder, SuiteLayout.Checkpoint(i), SuiteLayout.Optimizer)).Where(File.Exists))
            File.Delete(path);
    }

    /// <summary>Copies stored tensors into a buffer; <paramref name="prefix"/> stands before each name in the file.</summary>
    internal static void Copy(string path, string prefix, ParameterBuffer buffer)
    {
        using var file = StateDict.Open(path);
        foreach (var (name, view) in buffer.Views)
        {
            using var stored = file.View(prefix + name);
            if (!stored.shape.SequenceEqual(view.shape))
                throw new Llm360Exception($"The tensor has shape [{string.Join(", ", stored.shape)}], not [{string.Join(", ", view.shape)}].", $"{path}, tensor {prefix + name}", "Delete the checkpoint and run llm360 train again: it goes on from the last one with an optimizer state.");
            view.copy_(stored);
        }
    }

    private const string TokenizerConfig = """
        {
          "tokenizer_class": "LlamaTokenizer",
          "add_bos_token": false,
          "add_eos_token": false,
          "bos_token": "<s>",
          "eos_token": "</s>",
          "unk_token": "<unk>",
          "legacy": true,
          "clean_up_tokenization_spaces": false
        }

        """;
}
