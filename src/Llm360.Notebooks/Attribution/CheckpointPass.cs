// One checkpoint as methods use it: its model and its training state.
namespace Llm360.Notebooks;

/// <summary>Constants of Adam's step.</summary>
/// <param name="Beta1">Decay of the first moment.</param>
/// <param name="Beta2">Decay of the second moment.</param>
/// <param name="Eps">Added to the root of the second moment.</param>
internal sealed record AdamConstants(double Beta1 = 0.9, double Beta2 = 0.95, double Eps = 1e-8);

/// <summary>A checkpoint with its model loaded.</summary>
/// <param name="Model">The model. The creator of this record disposes it.</param>
/// <param name="Name">For messages.</param>
/// <param name="Number">Its index among the chosen checkpoints.</param>
internal sealed record CheckpointPass(LanguageModel Model, string Name, int Number)
{
    /// <summary>eta; null if unknown.</summary>
    public double? LearningRate { get; init; }

    /// <summary>The file with Adam's moments; null if there is none.</summary>
    public string? OptimizerPath { get; init; }

    public AdamConstants Adam { get; init; } = new();

    /// <summary>Largest memory for gradients, bytes.</summary>
    public long MemoryLimit { get; init; } = SizeCheck.Memory;

    /// <summary>eta, for methods that weight checkpoints by it.</summary>
    /// <exception cref="Llm360Exception">It is unknown.</exception>
    public double RequireLearningRate() => LearningRate ?? throw new Llm360Exception(
        $"The learning rate at {Name} is unknown, and the method weights checkpoints with it.", $"checkpoint {Name}",
        "Choose a suite whose manifest has a schedule, or graddot, which needs no rate.");

    /// <summary>The optimizer file, for methods that need Adam's moments.</summary>
    /// <exception cref="Llm360Exception">There is none.</exception>
    public string RequireOptimizer() => OptimizerPath ?? throw new Llm360Exception(
        $"The checkpoint {Name} has no optimizer file, and LESS needs Adam's moments.", $"checkpoint {Name}",
        "Choose checkpoints that have one (training.optimizerStates of the manifest lists them), or gradcos, which needs none.");
}

/// <summary>Rows, and their names in errors.</summary>
/// <param name="Tokens">Token ids of each row.</param>
/// <param name="PlaceOf">For example <c>train_007, row 12</c>.</param>
internal sealed record RowBatch(IReadOnlyList<int[]> Tokens, Func<int, string> PlaceOf)
{
    public int Count => Tokens.Count;

    /// <summary>Some of the rows.</summary>
    public RowBatch Slice(int first, int count) => new([.. Tokens.Skip(first).Take(count)], i => PlaceOf(first + i));

    /// <summary>Checks that the rows have gradients.</summary>
    /// <exception cref="Llm360Exception">A row has none.</exception>
    public void Check(LanguageModel model)
    {
        foreach (var (i, row) in Tokens.Index())
        {
            try
            {
                ModelRowGradients.CheckRows(model, [row]);
            }
            catch (Llm360Exception e)
            {
                throw new Llm360Exception(e.What, PlaceOf(i), e.Remedy, e);
            }
        }
    }

    /// <summary>The log-probability of every token except the first, row by row.</summary>
    public float[][] Probabilities(LanguageModel model)
    {
        var results = new float[Count][];
        foreach (var rows in Tokens.Index().GroupBy(r => r.Item.Length))
        {
            int[][] tokens = [.. rows.Select(r => r.Item)];
            foreach (var (row, scores) in rows.Zip(ContinuationScoring.Score(model, tokens, rows.Key - 1, AmbientWork.Cancellation)))
                results[row.Index] = [.. scores.Select(s => s.LogProbability)];
        }

        return results;
    }

    /// <summary>The gradients of the rows, one after another. Dispose each.</summary>
    /// <exception cref="Llm360Exception">A row has none; the error names the row.</exception>
    public IEnumerable<RowGradient> Gradients(LanguageModel model, GradientForm form, GradientOptions options)
    {
        Check(model);
        // Progress of a grid or a query does not count rows.
        using var engine = RowGradientEngine.For(model, options);
        using var gradients = engine.Compute(Tokens, form).GetEnumerator();
        for (var i = 0; ; i++)
        {
            try
            {
                if (!gradients.MoveNext())
                    yield break;
            }
            catch (Llm360Exception e)
            {
                throw new Llm360Exception(e.What, $"{PlaceOf(i)}: {e.Where}", e.Remedy, e);
            }

            yield return gradients.Current;
        }
    }
}
