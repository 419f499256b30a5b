// Running an analysis over checkpoints x chunks: what is in the store is read, the rest computed and stored cell by cell.
using System.Globalization;
using Llm360.Notebooks.Models;
using Llm360.Notebooks.Suites;
using Llm360.Notebooks.Torch;

namespace Llm360.Notebooks.Results;

/// <summary>One cell of a grid.</summary>
/// <param name="Checkpoint">Of the model.</param>
/// <param name="Chunk">Of the data.</param>
/// <param name="Rows">The results.</param>
/// <param name="FromStore">Whether it was there already.</param>
public sealed record GridCell<T>(Checkpoint Checkpoint, Chunk Chunk, IReadOnlyList<T> Rows, bool FromStore);

/// <summary>Runs grids.</summary>
public static class Grid
{
    /// <summary>Every cell of checkpoints x chunks. Stopped at any moment, it has lost at most the cell in flight.</summary>
    /// <param name="store">Where cells are kept.</param>
    /// <param name="checkpoints">A model is loaded for each that has a cell to compute.</param>
    /// <param name="chunks">The data.</param>
    /// <param name="compute">The rows of one cell.</param>
    /// <param name="task">Name for the progress display.</param>
    /// <param name="device">Where models run; <see cref="Device.Best"/> when null.</param>
    /// <param name="progress">Cells done; <see cref="Work.Progress"/> when null.</param>
    /// <param name="cancellation">Stops before the next cell; <see cref="Work.Cancellation"/> when not given.</param>
    public static async Task<IReadOnlyList<GridCell<T>>> RunAsync<T>(
        ResultStore store,
        IReadOnlyList<Checkpoint> checkpoints,
        IReadOnlyList<Chunk> chunks,
        Func<LlamaModel, Chunk, CancellationToken, IReadOnlyList<T>> compute,
        string task,
        Device? device = null,
        IProgress<WorkProgress>? progress = null,
        CancellationToken? cancellation = null)
        where T : class, new()
    {
        progress ??= Work.Progress;
        var stop = cancellation ?? Work.Cancellation;
        var cells = new List<GridCell<T>>(checkpoints.Count * chunks.Count);
        var computed = 0;
        foreach (var checkpoint in checkpoints)
        {
            LlamaModel? model = null;
            try
            {
                foreach (var chunk in chunks)
                {
                    stop.ThrowIfCancellationRequested();
                    if (store.Contains(checkpoint, chunk))
                    {
                        cells.Add(new GridCell<T>(checkpoint, chunk, await store.ReadAsync<T>(checkpoint, chunk, stop).ConfigureAwait(false), FromStore: true));
                    }
                    else
                    {
                        model ??= await checkpoint.LoadAsync(device).ConfigureAwait(false);
                        var loaded = model;
                        var rows = await Task.Run(() => compute(loaded, chunk, stop), stop).ConfigureAwait(false);
                        await store.WriteAsync(checkpoint, chunk, rows).ConfigureAwait(false);
                        cells.Add(new GridCell<T>(checkpoint, chunk, rows, FromStore: false));
                        computed++;
                    }

                    progress?.Report(new WorkProgress(task, cells.Count, checkpoints.Count * chunks.Count, "cells", string.Create(CultureInfo.InvariantCulture, $"{checkpoint} on {chunk}; {cells.Count - computed} from the store, {computed} computed")));
                }
            }
            finally
            {
                model?.Dispose();
            }
        }

        return cells;
    }
}
