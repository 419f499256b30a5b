// Numbers of publications with their sources. They are read from manifests, not written in code.
using System.Text.Json;

namespace Llm360.Notebooks;

/// <summary>A published number, or a list of them.</summary>
/// <param name="Name">Unique within its paper, such as <c>amber.parameters</c>.</param>
/// <param name="Unit">For example <c>tokens</c>; <c>1</c> for a plain number.</param>
/// <param name="Source">The table, figure, page or file that states it.</param>
/// <param name="Verified">Whether the number was checked in the source.</param>
/// <param name="Value">The number; null for a list.</param>
/// <param name="Values">The list; null for one number.</param>
/// <param name="Labels">Names of the list's numbers; null for none.</param>
public sealed record PublishedNumber(
    string Name,
    string Unit,
    string Source,
    bool Verified,
    double? Value = null,
    IReadOnlyList<double>? Values = null,
    IReadOnlyList<string>? Labels = null);

/// <summary>
/// The numbers of a publication, from <c>data-manifests/papers/NAME.json</c>.
/// </summary>
/// <param name="Title">Title and identifier.</param>
/// <param name="Numbers">Each with a unique name.</param>
/// <param name="Tables">Tables whose rows are not single numbers; null for none.</param>
public sealed record PublishedNumbers(string Title, IReadOnlyList<PublishedNumber> Numbers, IReadOnlyList<PublishedTable>? Tables = null)
{
    /// <summary>The single number with a name.</summary>
    /// <exception cref="Llm360Exception">There is none, or it is a list.</exception>
    public double this[string name] => Find(name).Value ?? throw Missing(name, "one number");

    /// <summary>The list with a name.</summary>
    /// <exception cref="Llm360Exception">There is none, or it is a single number.</exception>
    public IReadOnlyList<double> All(string name) => Find(name).Values ?? throw Missing(name, "a list");

    /// <summary>The entry with a name, including unit and source.</summary>
    /// <exception cref="Llm360Exception">There is none.</exception>
    public PublishedNumber Find(string name) => Numbers.FirstOrDefault(n => n.Name == name) ?? throw Missing(name, "a number");

    /// <summary>The table with a name.</summary>
    /// <exception cref="Llm360Exception">There is none.</exception>
    public PublishedTable FindTable(string name) => Tables?.FirstOrDefault(t => t.Name == name) ?? throw Missing(name, "a table");

    private Llm360Exception Missing(string name, string what) => new(
        $"The published numbers have no \"{name}\" that is {what}.",
        Title,
        "Compare with data-manifests/papers of the kit; a file of one's own comes before it.");
}

/// <summary>Opens the numbers of publications.</summary>
public static class Papers
{
    private const string Example = "data-manifests/papers/llm360.json";

    /// <summary>The numbers of a publication.</summary>
    /// <param name="name">
    /// For example <c>llm360</c>: a file in <c>papers/</c> of
    /// <see cref="Workspace.ManifestFolders"/>, else the one in the library.
    /// </param>
    /// <exception cref="Llm360Exception">
    /// There is none with that name, or it cannot be read.
    /// </exception>
    public static PublishedNumbers Open(string name)
    {
        var document = ManifestDocument.Find(ManifestDocument.Papers, name) ?? throw new Llm360Exception(
            $"There are no published numbers of \"{name}\".",
            string.Join(", ", Workspace.ManifestFolders),
            $"Choose one of: {string.Join(", ", ManifestDocument.Names(ManifestDocument.Papers))}.");
        return Read(document);
    }

    /// <summary>Reads a file of published numbers.</summary>
    /// <exception cref="Llm360Exception">It cannot be read, or a value is out of range.</exception>
    public static PublishedNumbers Read(string path) => Read(ManifestDocument.File(path));

    private static PublishedNumbers Read(ManifestDocument document)
    {
        var paper = ManifestJson.Read<PublishedNumbers>(document, Example);
        var areNamed = paper.Numbers.All(n => n.Name.Length > 0 && n.Unit.Length > 0 && n.Source.Length > 0);
        Need(areNamed, "numbers", "must each have a name, a unit and a source");
        Need(paper.Numbers.Select(n => n.Name).Distinct().Count() == paper.Numbers.Count, "numbers.name", "must be different");
        Need(paper.Numbers.All(n => n.Value is null != n.Values is null), "numbers.value", "or values must be given, one of the two");
        Need(paper.Numbers.SelectMany(n => n.Values ?? [n.Value!.Value]).All(double.IsFinite), "numbers.value", "must be finite");
        Need(paper.Numbers.All(n => n.Labels is null || n.Labels.Count == n.Values?.Count), "numbers.labels", "must be as many as values");
        List<PublishedTable> tables = [.. paper.Tables ?? []];
        Need(tables.DistinctBy(t => t.Name).Count() == tables.Count, "tables.name", "must be different");
        foreach (var table in tables)
            NeedTable(table);
        return paper;

        void NeedTable(PublishedTable table)
        {
            List<string> names = [.. table.Columns.Select(c => c.Name)];
            var areNamedOnce = names.Count > 0 && names.Distinct().Count() == names.Count;
            Need(areNamedOnce, "tables.columns", $"of {table.Name} must have names, each once");
            var areBefore = table.Columns.Index().All(c => (c.Item.MeanOf ?? []).All(m => names[..c.Index].Contains(m)));
            Need(areBefore, "tables.columns.meanOf", $"of {table.Name} must name columns before it");
            var haveNames = table.Rows.All(r => PublishedTable.Text(r, names[0]) is not null);
            Need(haveNames, "tables.rows", $"of {table.Name} must each have a text \"{names[0]}\"");
            foreach (var (key, value) in table.Rows.SelectMany(r => r))
            {
                Need(names.Contains(key), "tables.rows", $"of {table.Name} have a key \"{Printable.Value(key)}\" that is no column");
                var isValue = value.ValueKind is JsonValueKind.String or JsonValueKind.True or JsonValueKind.False;
                var isFinite = value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && double.IsFinite(number);
                Need(isValue || isFinite, "tables.rows", $"of {table.Name} must hold texts, finite numbers, true or false in \"{key}\"");
            }
        }

        void Need(bool holds, string key, string rule)
        {
            if (!holds)
                throw ManifestJson.Wrong(key, rule, document.Where, Example);
        }
    }
}
