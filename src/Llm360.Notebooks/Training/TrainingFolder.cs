// The folder of a suite in training and its list of files; a kill leaves both consistent.
using System.Security.Cryptography;

namespace Llm360.Notebooks;

/// <summary>A suite's files on disk, and the addition of a checkpoint and its log.</summary>
internal sealed class TrainingFolder
{
    private readonly SuiteRecipe manifest;
    private readonly string folder;
    private SuiteFiles? list;

    /// <summary>Reads the list of files.</summary>
    /// <exception cref="Llm360Exception">The list exists but cannot be read.</exception>
    public TrainingFolder(SuiteRecipe manifest, string folder)
    {
        (this.manifest, this.folder) = (manifest, folder);
        list = SuiteFiles.Read(folder);
    }

    /// <summary>Called after each change of the folder; null outside of tests.</summary>
    public Action<string>? Changed { get; init; }

    /// <summary>Whether there is a list. Without one, nothing can be checked.</summary>
    public bool HasList => list is not null;

    /// <summary>
    /// The checkpoint from which training resumes, or the last one of a finished training; null at
    /// the beginning.
    /// </summary>
    public int? Last
    {
        get
        {
            if (list is not null)
                return list.LastCheckpoint;
            if (ExpectedFiles.Last(folder, null) == manifest.Corpus.Chunks)
                return manifest.Corpus.Chunks;
            return ExpectedFiles.OnDisk(folder).Where(HasState).Select(k => (int?)k).Max();
        }
    }

    /// <summary>
    /// Whether training has completed all its work in this folder; files may have been lost since.
    /// </summary>
    public bool IsFinished => Last == manifest.Corpus.Chunks && (list is null || (list.Next is null && !HasOptimizersToDrop));

    /// <summary>
    /// Whether the weights and the optimizer state of a checkpoint exist and, if there is a list,
    /// are in it.
    /// </summary>
    public bool HasState(int checkpoint)
    {
        string[] state = [$"{SuiteLayout.Checkpoint(checkpoint)}/{SuiteLayout.Weights}", SuiteLayout.OptimizerFile(checkpoint)];
        return Array.TrueForAll(state, path => File.Exists(Path.Combine(folder, path)) && IsListed(path));

        bool IsListed(string path) => list is null || list.Files.Any(f => f.Path == path);
    }

    /// <summary>
    /// Completes a change that a kill interrupted, if the new checkpoint is in place.
    /// </summary>
    public void Recover(CancellationToken cancellation)
    {
        CheckpointWriter.Discard(folder);
        if (list?.Next is not { } next || next.Select(f => SuiteLayout.CheckpointNumber(f.Path.Split('/')[0])).Max() is not { } checkpoint)
            return;
        var files = next.Where(f => f.Path.StartsWith($"{SuiteLayout.Checkpoint(checkpoint)}/", StringComparison.Ordinal));
        if (files.All(f => File.Exists(Path.Combine(folder, f.Path)) && FileMeasure.Entry(folder, f.Path, cancellation) == f))
            Commit(checkpoint);
    }

    /// <summary>
    /// Starts the list of a suite without checkpoints, with its recipe and its corpus.
    /// </summary>
    public void Begin(CancellationToken cancellation) => Write(new SuiteFiles(SuiteFiles.CurrentFormat, []).With(Corpus(cancellation)));

    /// <summary>
    /// Creates the list of a suite that was trained before lists existed, from its present files.
    /// </summary>
    public void Adopt(CancellationToken cancellation)
    {
        var corpus = Corpus(cancellation).ToList();
        var found = ExpectedFiles.Of(manifest, folder, null).Where(path => File.Exists(Path.Combine(folder, path)))
            .Except(corpus.Select(f => f.Path)).Select(path => FileMeasure.Entry(folder, path, cancellation) with { Found = true });
        Write(new SuiteFiles(SuiteFiles.CurrentFormat, []).With([.. found, .. corpus]));
    }

    /// <summary>
    /// Updates the recipe in the list: its description may change without changing the suite.
    /// </summary>
    public void RecordRecipe()
    {
        var recipe = FileMeasure.Entry(folder, SuiteLayout.Manifest);
        if (list is not null && !list.Files.Contains(recipe))
            Write(list.With([recipe]) with { Next = list.Next });
    }

    /// <summary>
    /// Deletes the checkpoints after a checkpoint and removes them from the list. For 0 it deletes
    /// all checkpoints and the log, because the initial weights are drawn again.
    /// </summary>
    public void RestartFrom(int checkpoint)
    {
        bool IsDeleted(int number) => number > checkpoint || checkpoint == 0;
        foreach (var number in ExpectedFiles.OnDisk(folder).Reverse().Where(IsDeleted))
            Directory.Delete(Path.Combine(folder, SuiteLayout.Checkpoint(number)), recursive: true);
        if (checkpoint == 0)
        {
            File.Delete(Path.Combine(folder, SuiteLayout.Metrics));
            File.Delete(Path.Combine(folder, SuiteLayout.Files));
            list = null;
        }
        else if (list is not null)
        {
            Write(list.With([], without: path => SuiteLayout.CheckpointNumber(path.Split('/')[0]) is { } number && IsDeleted(number)));
        }
    }

    /// <summary>Adds a checkpoint and the log up to it.</summary>
    /// <param name="checkpoint">Its number.</param>
    /// <param name="state">Weights and moments.</param>
    /// <param name="log">The steps before it; not written for checkpoint 0.</param>
    public async Task SaveAsync(int checkpoint, TrainingState state, IReadOnlyList<TrainingStep> log)
    {
        TrainingLog.MarkGaps(log);
        var bytes = checkpoint == 0 ? default : await ParquetRows.SerializeAsync(log).ConfigureAwait(false);
        var tokenizer = EmbeddedVocabulary.Read(manifest.Corpus.Tokenizer);
        var next = CheckpointWriter.Prepare(folder, checkpoint, state.Weights, state.Optimizer, tokenizer, manifest.Name).ToList();
        if (checkpoint > 0)
            next.Add(new SuiteFile(SuiteLayout.Metrics, bytes.Length, Convert.ToHexStringLower(SHA256.HashData(bytes.Span))));
        try
        {
            Changed?.Invoke("prepared");
            Write(list!.Announce(next));
            Changed?.Invoke("announced");
            if (checkpoint > 0)
                AtomicFile.Write(Path.Combine(folder, SuiteLayout.Metrics), stream => stream.Write(bytes.Span));
            Changed?.Invoke("logged");
            CheckpointWriter.Place(folder, checkpoint);
            Changed?.Invoke("placed");
        }
        finally
        {
            CheckpointWriter.Discard(folder);
        }

        Commit(checkpoint);
    }

    /// <summary>
    /// Deletes the optimizer states before the last checkpoint that the recipe does not keep.
    /// </summary>
    public void DropOptimizers()
    {
        if (Last is { } last)
            CheckpointWriter.DropOptimizers(folder, last, manifest.Training.OptimizerStates);
    }

    private bool HasOptimizersToDrop =>
        CheckpointWriter.ToDrop(folder, manifest.Corpus.Chunks, manifest.Training.OptimizerStates).Count > 0;

    private void Commit(int checkpoint)
    {
        Write(list!.With(list.Next!, without: path => CheckpointWriter.IsDropped(path, checkpoint, manifest.Training.OptimizerStates)));
        Changed?.Invoke("listed");
        DropOptimizers();
        Changed?.Invoke("dropped");
    }

    private void Write(SuiteFiles changed)
    {
        changed.Write(folder);
        list = changed;
    }

    private IEnumerable<SuiteFile> Corpus(CancellationToken cancellation) =>
        SuiteLayout.CorpusFiles(manifest).Prepend(SuiteLayout.Manifest).Select(path => FileMeasure.Entry(folder, path, cancellation));
}
