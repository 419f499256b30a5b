// Turns a recipe into rows in memory: extraction, held-out texts, packing, chunks, canaries.

namespace Llm360.Notebooks;

/// <summary>A corpus before it is written.</summary>
/// <param name="Chunks">Rows of every chunk.</param>
/// <param name="Validation">Rows of held-out documents.</param>
/// <param name="Canaries">The canaries planted in the chunks, and the controls.</param>
/// <param name="Sources">Counts per source.</param>
internal sealed record CorpusAssembly(
    IReadOnlyList<IReadOnlyList<TokenRow>> Chunks,
    IReadOnlyList<TokenRow> Validation,
    IReadOnlyList<Canary> Canaries,
    IReadOnlyList<SourceCounts> Sources)
{
    /// <summary>The label of rows that begin with a canary.</summary>
    public const string CanarySource = "canary";

    /// <summary>Assembles a corpus; the same recipe always gives the same rows.</summary>
    public static CorpusAssembly Make(CorpusRecipe recipe, IReadOnlyList<string>? roots, RunOptions? run)
    {
        var (progress, cancellation) = (run.Watcher(), run.StopToken());
        RequireMemory(recipe);
        var tokenizer = EmbeddedVocabulary.Load(recipe.Tokenizer);
        var all = CorpusText.Extract(recipe, roots, run);
        var orders = recipe.Sources.Select(source => Shuffled(recipe, source.Name, all)).ToList();
        var packer = new SequencePacker(tokenizer, recipe.SequenceLength);

        var passes = 0;
        var shares = recipe.Sources.Select(s => s.Share).ToList();
        var heldOut = new HashSet<string>();
        var validation = new List<TokenRow>();
        foreach (var (source, order, quota) in Quotas(recipe.ValidationSequences))
        {
            // Every distinct text has the same chance, regardless of its number of copies. All
            // copies are kept out of training.
            var candidates = order.Where(d => d.First).Select(d => d.Document).Where(d => !heldOut.Contains(d.Text)).ToList();
            var packed = Packed(source, candidates, quota, "validation");
            heldOut.UnionWith(UsedBy(packed, candidates).Select(d => d.Text));
            validation.AddRange(packed.Select(s => Row(s, source.Name)));
        }

        var samples = new List<(PackedSequence Sequence, string Source)>();
        foreach (var (source, order, quota) in Quotas(recipe.Chunks * recipe.SequencesPerChunk))
        {
            var packed = Packed(source, [.. order.Select(d => d.Document).Where(d => !heldOut.Contains(d.Text))], quota, "training");
            samples.AddRange(packed.Select(s => (s, source.Name)));
        }

        var planter = recipe.Canaries is { } canaryRecipe
            ? new CanaryPlanter(canaryRecipe, CanaryTokens.Of(canaryRecipe, tokenizer.OrdinaryIds, validation.Select(r => r.TokenIds)))
            : null;
        var canaries = planter?.Draw() ?? [];
        var chunks = new List<IReadOnlyList<TokenRow>>();
        for (var chunk = 0; chunk < recipe.Chunks; chunk++)
        {
            var planted = planter?.Places([.. canaries.Where(c => c.Chunk == chunk)], chunk, recipe.SequencesPerChunk) ?? [];
            // Sample n goes to chunk n mod N, so row i of a chunk is sample i N + chunk.
            chunks.Add([.. Enumerable.Range(0, recipe.SequencesPerChunk).Select(i =>
            {
                var (sequence, source) = samples[(i * recipe.Chunks) + chunk];
                return planted.TryGetValue(i, out var canary) ? Planted(sequence, canary) : Row(sequence, source);
            })]);
        }

        return new CorpusAssembly(chunks, validation, canaries, Count(recipe, all, chunks));

        IEnumerable<(CorpusSource Source, List<(CorpusDocument Document, bool First)> Order, int Quota)> Quotas(int sequences) =>
            recipe.Sources.Zip(orders, Apportionment.Split(sequences, shares));

        List<PackedSequence> Packed(CorpusSource source, IReadOnlyList<CorpusDocument> documents, int quota, string purpose)
        {
            var packed = packer.Pack(documents, quota, cancellation);
            var detail = $"{purpose}, {source.Name}, {quota} sequences";
            progress?.Report(new WorkProgress("tokenize", ++passes, 2 * recipe.Sources.Count, "passes", detail));
            // The kit's own lists need no package and have none.
            var more = source.Documents == DocumentForm.Series ? "" : "add packages to it, ";
            return packed.Count == quota ? packed
                : throw new Llm360Exception(
                    $"The source \"{source.Name}\" has text for {packed.Count} {purpose} sequences; its share asks for {quota}.",
                    "corpus.sources",
                    $"Lower its share, {more}or ask for fewer or shorter sequences: text is not repeated.");
        }
    }

    // The tokens of all rows are in memory at once.
    private static void RequireMemory(CorpusRecipe recipe)
    {
        var rows = ((Int128)recipe.Chunks * recipe.SequencesPerChunk) + recipe.ValidationSequences;
        var canaries = recipe.Canaries is not { } c ? 0 : (((Int128)c.Repetitions.Count * c.Chunks.Count) + c.Controls) * c.Length;
        SizeCheck.RequireMemory(
            sizeof(int) * ((rows * recipe.SequenceLength) + canaries),
            $"A corpus of {rows:N0} sequences of {recipe.SequenceLength:N0} tokens",
            "corpus.sequencesPerChunk, corpus.validationSequences, corpus.sequenceLength",
            "Ask for fewer or shorter sequences.");
    }

    /// <summary>
    /// A source's documents in seeded order, each with whether it is the first with its text.
    /// </summary>
    private static List<(CorpusDocument Document, bool First)> Shuffled(
        CorpusRecipe recipe, string source, IReadOnlyList<CorpusDocument> all)
    {
        var seen = new HashSet<string>();
        var documents = all.Where(d => d.Source == source).Select(d => (d, seen.Add(d.Text))).ToList();
        return [.. SplitMix64.For(recipe.Seed, $"documents/{source}").Permutation(documents.Count).Select(i => documents[i])];
    }

    private static IEnumerable<CorpusDocument> UsedBy(List<PackedSequence> packed, List<CorpusDocument> candidates)
    {
        var used = packed.SelectMany(s => s.DocumentsFrom(0)).ToHashSet();
        return candidates.Where(d => used.Contains(d.Id));
    }

    private static TokenRow Row(PackedSequence sequence, string source) => new(sequence.Tokens, source, sequence.DocumentsFrom(0));

    private static TokenRow Planted(PackedSequence sequence, Canary canary)
    {
        var length = canary.TokenIds.Length;
        return new(
            [.. canary.TokenIds, .. sequence.Tokens.AsSpan(length)], CanarySource, sequence.DocumentsFrom(length),
            new CanaryMark(canary.Id, canary.Repetitions));
    }

    private static List<SourceCounts> Count(CorpusRecipe recipe, IReadOnlyList<CorpusDocument> all, List<IReadOnlyList<TokenRow>> chunks)
    {
        var used = chunks.SelectMany(rows => rows).SelectMany(r => r.Documents).ToHashSet();
        var copies = RepeatedText.NearCopies(all);
        var rows = chunks.SelectMany(c => c).CountBy(r => r.Source).ToDictionary();
        return
        [
            .. recipe.Sources.Select(source =>
            {
                var documents = all.Where(d => d.Source == source.Name).ToList();
                var unique = documents.Select(d => d.Text).Distinct().Count();
                return new SourceCounts(
                    source.Name,
                    documents.Count,
                    unique,
                    documents.Count(d => used.Contains(d.Id)),
                    rows.GetValueOrDefault(source.Name),
                    documents.Count(d => copies.Contains(d.Id)));
            }),
        ];
    }
}
