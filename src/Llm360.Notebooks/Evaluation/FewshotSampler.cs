// Chooses few-shot examples.
namespace Llm360.Notebooks;

/// <summary>How few-shot examples are chosen.</summary>
public enum FewshotSampling
{
    /// <summary>The first examples of the pool.</summary>
    FirstN,

    /// <summary>
    /// lm-eval's default: Python's random sample, one generator for each task, seed 1234.
    /// </summary>
    Random,
}

/// <summary>Chooses the examples of one item after another.</summary>
/// <param name="task">The task.</param>
/// <param name="pool">The available examples.</param>
/// <param name="count">Number of examples.</param>
/// <param name="sampling">How they are chosen.</param>
/// <param name="seed">Seed of the generator.</param>
internal sealed class FewshotSampler(EvaluationTask task, IReadOnlyList<TaskItem> pool, int count, FewshotSampling sampling, int seed)
{
    private readonly PythonRandom random = new((ulong)seed);

    /// <summary>
    /// Indices of the examples in the pool, in order. Call it for all items, in order.
    /// </summary>
    /// <exception cref="Llm360Exception">The pool is too small.</exception>
    public int[] Next(TaskItem item)
    {
        if (count == 0)
            return [];
        // One more is drawn if the item itself may be among them.
        var drawn = sampling == FewshotSampling.FirstN ? Enumerable.Range(0, pool.Count)
            : Draw(count + (task.ExcludesEvaluatedItem ? 1 : 0), item);
        int[] chosen = [.. drawn.Where(i => !task.ExcludesEvaluatedItem || !pool[i].IsSameAs(item)).Take(count)];
        return chosen.Length == count ? chosen : throw TooFew(item);
    }

    private int[] Draw(int wanted, TaskItem item) => wanted <= pool.Count ? random.Sample(pool.Count, wanted) : throw TooFew(item);

    private Llm360Exception TooFew(TaskItem item) => new(
        $"The task {task.Name} has {pool.Count} few-shot examples, too few for {count}.",
        pool.Count > 0 ? pool[0].File : item.File,
        "Ask for fewer examples, or name a larger fewshot_file.");
}
