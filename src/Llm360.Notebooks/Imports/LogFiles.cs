// Rows of a log: CSV and JSON Lines as Weights & Biases exports them, Parquet as trackio does.
using System.Collections;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.VisualBasic.FileIO;
using Parquet.Serialization;

namespace Llm360.Notebooks;

/// <summary>A row of a log.</summary>
/// <param name="Where">File and line.</param>
/// <param name="Values">
/// Numbers and texts by the names of the columns; empty values are left out.
/// </param>
internal sealed record LogRow(string Where, IReadOnlyDictionary<string, object> Values);

/// <summary>Reads rows of logs.</summary>
internal static class LogFiles
{
    private const string Remedy = "Export the run again: .csv or .jsonl of Weights & Biases, .parquet of trackio.";
    private const int LongestFile = 1 << 30;

    private static readonly JsonKind Kind = new("The log", 16 << 20, Remedy);

    /// <summary>The rows of a file; its extension determines the format.</summary>
    /// <exception cref="Llm360Exception">
    /// It has another extension, is missing, or a line cannot be read.
    /// </exception>
    public static IReadOnlyList<LogRow> Read(string path)
    {
        if (!File.Exists(path))
            throw new Llm360Exception("There is no such log.", path, Remedy);
        List<LogRow> rows = Path.GetExtension(path).ToLowerInvariant() switch
        {
            ".csv" => Csv(path),
            ".jsonl" => JsonLinesOf(path),
            ".parquet" => Parquet(path),
            var other => throw new Llm360Exception($"A log that ends in \"{Printable.Value(other)}\" is not read.", path, Remedy),
        };
        return rows.Count > 0 ? rows : throw new Llm360Exception("The log has no row.", path, Remedy);
    }

    private static List<LogRow> Csv(string path)
    {
        string text;
        try
        {
            var bytes = PlainFile.ReadAllBytes(path, LongestFile);
            text = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes).TrimStart('\uFEFF');
        }
        catch (Exception e) when (e is IOException or InvalidDataException or ArgumentException or UnauthorizedAccessException)
        {
            throw new Llm360Exception($"The log cannot be read: {e.Message.TrimEnd('.')}.", path, Remedy, e);
        }

        var (rows, names) = (new List<LogRow>(), (string[]?)null);
        using var parser = new TextFieldParser(new StringReader(text)) { Delimiters = [","], TrimWhiteSpace = false };
        while (!parser.EndOfData)
        {
            var where = string.Create(CultureInfo.InvariantCulture, $"{path}, line {parser.LineNumber}");
            var cells = Cells(parser, where);
            if (names is null)
            {
                names = cells;
                if (names.Distinct().Count() < names.Length)
                    throw new Llm360Exception("The log has two columns of one name.", where, Remedy);
                continue;
            }

            if (cells.Length != names.Length)
                throw new Llm360Exception($"The line has {cells.Length} cells, and the first names {names.Length} columns.", where, Remedy);
            var filled = names.Zip(cells).Where(c => c.Second.Length > 0);
            rows.Add(new LogRow(where, filled.ToDictionary(c => c.First, c => Value(c.Second))));
        }

        return rows;
    }

    private static string[] Cells(TextFieldParser parser, string where)
    {
        try
        {
            return parser.ReadFields()!;
        }
        catch (MalformedLineException e)
        {
            throw new Llm360Exception("The quotes of the line do not match.", where, Remedy, e);
        }
    }

    private static List<LogRow> JsonLinesOf(string path)
    {
        var rows = new List<LogRow>();
        foreach (var (number, line) in LineReader.JsonLines(path, Kind))
        {
            var where = string.Create(CultureInfo.InvariantCulture, $"{path}, line {number}");
            using var json = JsonInput.Document(line, where, Kind);
            var values = JsonPlace.Root(json, where, Kind).Members()
                .Select(m => (m.Key, Value: Value(m.Value.Value))).Where(m => m.Value is not null);
            rows.Add(new LogRow(where, values.ToDictionary(m => m.Key, m => m.Value!)));
        }

        return rows;
    }

    private static List<LogRow> Parquet(string path)
    {
        try
        {
            using var stream = File.OpenRead(path);
            var table = ParquetSerializer.DeserializeUntypedAsync(stream).GetAwaiter().GetResult();
            return [.. table.Data.Select((row, i) => new LogRow(FormattableString.Invariant($"{path}, row {i + 1}"), Values(row)))];
        }
        catch (Exception e) when (e is not Llm360Exception)
        {
            throw new Llm360Exception($"The log cannot be read: {e.Message.TrimEnd('.')}.", path, Remedy, e);
        }

        static Dictionary<string, object> Values(IDictionary<string, object> row) => row
            .Select(c => (c.Key, Value: c.Value switch
            {
                string text => Value(text),
                bool or IEnumerable or DateTime or null => null,
                IConvertible number => Convert.ToDouble(number, CultureInfo.InvariantCulture),
                _ => null,
            })).Where(c => c.Value is not null).ToDictionary(c => c.Key, c => c.Value!);
    }

    private static object? Value(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Number => value.GetDouble(),
        JsonValueKind.String => Value(value.GetString()!),
        _ => null,
    };

    // Weights & Biases writes values that are not finite as text.
    private static object Value(string text) =>
        text is "NaN" or "nan" or "Infinity" or "inf" or "-Infinity" or "-inf" ? double.NaN
        : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : text;
}
