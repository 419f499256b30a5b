// The content of one weights file in one format.
namespace Llm360.Notebooks;

/// <summary>The tensors of one file, checked against its length.</summary>
/// <param name="Format">Name of the format, for display.</param>
/// <param name="Entries">In the file's order; names are unique.</param>
/// <param name="Metadata">Safetensors' <c>__metadata__</c>.</param>
/// <param name="Root">The object that was pickled; null in safetensors.</param>
internal sealed record FileContent(
    string Format, IReadOnlyList<TensorEntry> Entries, IReadOnlyDictionary<string, string> Metadata, object? Root);
