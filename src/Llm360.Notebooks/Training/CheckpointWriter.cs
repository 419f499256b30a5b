// Writes a checkpoint's folder completely or not at all, and reads one to resume training.
using TorchSharp;

namespace Llm360.Notebooks;

/// <summary>Checkpoints of a suite in training: Hugging Face layout plus AdamW's moments.</summary>
internal static class CheckpointWriter
{
    private const string FirstMoment = "exp_avg.", SecondMoment = "exp_avg_sq.", StepCount = "step", ArithmeticKey = "arithmetic";

    /// <summary>
    /// Version of training's arithmetic. A run resumes only with the version it began with.
    /// </summary>
    /// <remarks>
    /// Increase it with every change that changes bits of the result. A state without a version is
    /// from a kit that summed gradients thread by thread.
    /// </remarks>
    private const string Arithmetic = "1";

    /// <summary>Writes a checkpoint's folder under a temporary name.</summary>
    /// <returns>
    /// The files as in the suite's list after <see cref="Place"/> has renamed the folder.
    /// </returns>
    public static IReadOnlyList<SuiteFile> Prepare(
        string suiteFolder, int index, ParameterBuffer weights, AdamW optimizer, byte[] tokenizer, string suite)
    {
        var name = SuiteLayout.Checkpoint(index);
        var temporary = Temporary(suiteFolder, index);
        Discard(suiteFolder);
        try
        {
            AtomicFile.WriteText(Path.Combine(temporary, SuiteLayout.Config), weights.Config.ToJson());
            AtomicFile.Write(Path.Combine(temporary, SuiteLayout.Tokenizer), stream => stream.Write(tokenizer));
            AtomicFile.WriteText(Path.Combine(temporary, SuiteLayout.TokenizerConfig), TokenizerConfig);
            SafetensorsWriter.Write(
                Path.Combine(temporary, SuiteLayout.Weights),
                [.. weights.Views.Select(v => (v.Key, v.Value))],
                new Dictionary<string, string> { ["suite"] = suite, ["checkpoint"] = name });
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

            return [.. Directory.EnumerateFiles(temporary).Select(file => FileMeasure.Entry(temporary, Path.GetFileName(file)))
                .Select(f => f with { Path = $"{name}/{f.Path}" })];
        }
        catch
        {
            Discard(suiteFolder);
            throw;
        }
    }

    /// <summary>
    /// Gives a prepared folder its name, <c>ckpt_NNN</c>. There must be no folder of that name.
    /// </summary>
    /// <exception cref="Llm360Exception">The folder cannot be renamed.</exception>
    public static void Place(string suiteFolder, int index)
    {
        var final = Path.Combine(suiteFolder, SuiteLayout.Checkpoint(index));
        try
        {
            Directory.Move(Temporary(suiteFolder, index), final);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new Llm360Exception(
                $"The checkpoint's folder cannot be put in place: {e.Message}",
                final,
                "Take away what is there, or make the suite's folder writable.",
                e);
        }
    }

    /// <summary>Deletes folders that were prepared but never put in place.</summary>
    public static void Discard(string suiteFolder)
    {
        foreach (var left in Directory.EnumerateDirectories(suiteFolder, "ckpt_*.tmp").ToList())
            if (SuiteLayout.CheckpointNumber(Path.GetFileNameWithoutExtension(left)) is not null)
                Directory.Delete(left, recursive: true);
    }

    /// <summary>Refuses to resume from a checkpoint of a different training arithmetic.</summary>
    /// <exception cref="Llm360Exception">
    /// The optimizer state has another version of <see cref="Arithmetic"/>, or none.
    /// </exception>
    public static void RequireArithmetic(string suiteFolder, int index)
    {
        var path = Path.Combine(suiteFolder, SuiteLayout.Checkpoint(index), SuiteLayout.Optimizer);
        using var file = StateDict.Open(path);
        if (file.Metadata.GetValueOrDefault(ArithmeticKey) != Arithmetic)
        {
            throw new Llm360Exception(
                "Another version of the kit began this training. It sums gradients in another order, so going on would mix two models.",
                path,
                "Finish the training with that version, or move the folder away and train from the start.");
        }
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

    /// <summary>
    /// Deletes the optimizer states of the checkpoints that <see cref="IsDropped"/> names.
    /// </summary>
    public static void DropOptimizers(string suiteFolder, int last, IReadOnlyList<int> kept)
    {
        foreach (var path in ToDrop(suiteFolder, last, kept))
            File.Delete(path);
    }

    /// <summary>The existing optimizer states that are to be deleted.</summary>
    public static IReadOnlyList<string> ToDrop(string suiteFolder, int last, IReadOnlyList<int> kept) =>
        [.. Enumerable.Range(0, last).Select(SuiteLayout.OptimizerFile).Where(path => IsDropped(path, last, kept))
            .Select(path => Path.Combine(suiteFolder, path)).Where(File.Exists)];

    /// <summary>
    /// Whether a file is an optimizer state before the last checkpoint that the recipe does not
    /// keep.
    /// </summary>
    public static bool IsDropped(string path, int last, IReadOnlyList<int> kept) =>
        Path.GetFileName(path) == SuiteLayout.Optimizer
        && SuiteLayout.CheckpointNumber(path.Split('/')[0]) is { } index && index < last && !kept.Contains(index);

    /// <summary>
    /// Copies stored tensors into a buffer; <paramref name="prefix"/> precedes each name in the
    /// file.
    /// </summary>
    internal static void Copy(string path, string prefix, ParameterBuffer buffer)
    {
        using var file = StateDict.Open(path);
        foreach (var (name, view) in buffer.Views)
        {
            using var stored = file.View(prefix + name);
            if (!stored.shape.SequenceEqual(view.shape))
                throw new Llm360Exception(
                    $"The tensor has shape [{string.Join(", ", stored.shape)}], not [{string.Join(", ", view.shape)}].",
                    $"{path}, tensor {prefix + name}",
                    "Run llm360 check on the suite: it names what is damaged, and how to train it again.");
            view.copy_(stored);
        }
    }

    private static string Temporary(string suiteFolder, int index) => Path.Combine(suiteFolder, $"{SuiteLayout.Checkpoint(index)}.tmp");

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
