// The folder of a suite in training, and its list of files: a kill leaves both consistent.
using System.Security.Cryptography;

namespace Llm360.Notebooks;

/// <summary>What of a suite is on disk, and how a checkpoint and its log are added to it.</summary>
internal sealed class TrainingFolder
{
    private readonly SuiteRecipe manifest;
    private readonly string folder;
    private SuiteFiles? list;

    /// <summary>Reads the list of files.</summary>
    /// <exception cref="Llm360Exception">There is a list that cannot be read.</exception>
    public TrainingFolder(SuiteRecipe manifest, string folder)
    {
        (this.manifest, this.folder) = (manifest, folder);
        list = SuiteFiles.Read(folder);
    }

    /// <summary>Called after each change of the folder; null outside of tests.</summary>
    public Action<string>? Changed { get; init; }

    /// <summary>Whether there is a list: without one nothing can be checked.</summary>
    public bool HasList => list is not null;

    /// <summary>
    /// The checkpoint that training goes on from; the last one of a finished training; null at the
    /// beginning.
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
    /// Whether all is done that training does to this folder; files may be lost since.
    /// </summary>
    public bool IsFinished => Last == manifest.Corpus.Chunks && (list is null || (list.Next is null && !HasOptimizersToDrop));

    /// <summary>
    /// Whether the weights and the optimizer state of a checkpoint are there and, where there is a
    /// list, in it.
    /// </summary>
    public bool HasState(int checkpoint)
    {
        string[] state = [$"{SuiteLayout.Checkpoint(checkpoint)}/{SuiteLayout.Weights}", SuiteLayout.OptimizerFile(checkpoint)];
        return Array.TrueForAll(state, path => File.Exists(Path.Combine(folder, path)) && IsListed(path));

        bool IsListed(string path) => list is null || list.Files.Any(f => f.Path == path);
    }

    /// <summary>
    /// Completes a change that a kill has left half done, if the new checkpoint is in place.
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
    /// Begins the list of a suite without checkpoints: its recipe and its corpus.
    /// </summary>
    public void Begin(CancellationToken cancellation) => Write(new SuiteFiles(SuiteFiles.CurrentFormat, []).With(Corpus(cancellation)));

    /// <summary>
    /// Makes the list of a suite that was trained before there were lists, from what is there now.
    /// </summary>
    public void Adopt(CancellationToken cancellation)
    {
        var corpus = Corpus(cancellation).ToList();
        var found = ExpectedFiles.Of(manifest, folder, null).Where(path => File.Exists(Path.Combine(folder, path)))
            .Except(corpus.Select(f => f.Path)).Select(path => FileMeasure.Entry(folder, path, cancellation) with { Found = true });
        Write(new SuiteFiles(SuiteFiles.CurrentFormat, []).With([.. found, .. corpus]));
    }

    /// <summary>
    /// Lists the recipe as it is now: its description may change without changing the suite.
    /// </summary>
    public void RecordRecipe()
    {
        var recipe = FileMeasure.Entry(folder, SuiteLayout.Manifest);
        if (list is not null && !list.Files.Contains(recipe))
            Write(list.With([recipe]) with { Next = list.Next });
    }

    /// <summary>
    /// Deletes the checkpoints after one, and forgets them; all of them and the log for 0, whose
    /// weights are drawn again.
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
