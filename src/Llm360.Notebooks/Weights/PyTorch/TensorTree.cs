// The tensors of a pickled object by path.
using System.Globalization;

namespace Llm360.Notebooks;

/// <summary>
/// Walks a pickled object. It refuses cycles, and values that are nested or repeated without end.
/// </summary>
internal sealed class TensorTree(string file, Func<PickledTensor, string, TensorEntry> resolve)
{
    private const int Deepest = 1000, LargestCount = 1_000_000, LongestPaths = 100_000_000;
    private readonly Dictionary<string, TensorEntry> entries = new(StringComparer.Ordinal);
    private int count;
    private long pathCharacters;

    /// <summary>Tensors by path: keys and list positions joined by <c>/</c>.</summary>
    public IReadOnlyCollection<TensorEntry> Entries => entries.Values;

    /// <summary>The object with every tensor replaced by its <see cref="TensorEntry"/>.</summary>
    /// <exception cref="WeightsException">
    /// The object is too deep or too large, or two tensors have one path.
    /// </exception>
    public object? Walk(object? value)
    {
        Measure(value, 0);
        return Walk(value, "");
    }

    // Runs before anything is built, because a few bytes can represent 2^64 values.
    private void Measure(object? value, int depth)
    {
        if (depth > Deepest)
            throw Corrupt($"values are nested more than {Deepest} deep, or a value holds itself");
        if (++count > LargestCount)
            throw Corrupt($"it has more than {LargestCount} values");
        if (value is PythonDictionary dictionary)
        {
            foreach (var (_, item) in dictionary.Items)
                Measure(item, depth + 1);
        }
        else if (value is List<object?> or PythonTuple)
        {
            foreach (var item in value as IReadOnlyList<object?> ?? ((PythonTuple)value).Items)
                Measure(item, depth + 1);
        }
    }

    private object? Walk(object? value, string path)
    {
        switch (value)
        {
            case PickledTensor tensor:
                var entry = resolve(tensor, path);
                return entries.TryAdd(path, entry) ? entry
                    : throw new WeightsException(WeightsFault.Unsupported, $"Two tensors have the path {path}.", file);
            case List<object?> list:
                return WalkAll(list, path);
            case PythonTuple tuple:
                return new PythonTuple(WalkAll(tuple.Items, path));
            case PythonDictionary dictionary:
                var walked = new PythonDictionary(dictionary.IsOrdered);
                foreach (var (key, item) in dictionary.Items)
                    walked.Set(key, Walk(item, Join(path, Segment(key))));
                return walked;
            case Storage:
                throw new WeightsException(
                    WeightsFault.Unsupported, "The checkpoint holds a storage without a tensor, which is not read.", file,
                    $"path {path}");
            default:
                return value;
        }
    }

    private List<object?> WalkAll(IReadOnlyList<object?> items, string path)
    {
        var walked = new List<object?>();
        for (var i = 0; i < items.Count; i++)
        {
            var isNested = items[i] is PickledTensor or List<object?> or PythonTuple or PythonDictionary;
            walked.Add(Walk(items[i], isNested ? Join(path, i.ToString(CultureInfo.InvariantCulture)) : path));
        }

        return walked;
    }

    private string Join(string path, string segment)
    {
        if ((pathCharacters += path.Length + segment.Length) > LongestPaths)
            throw Corrupt("the names of its values are too long");
        return path.Length == 0 ? segment : $"{path}/{segment}";
    }

    private static string Segment(object? key) => key switch
    {
        null => "None",
        bool truth => truth ? "True" : "False",
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => (string)key,
    };

    private WeightsException Corrupt(string how) => new(WeightsFault.Corrupt, $"The pickle is broken: {how}.", file);
}
