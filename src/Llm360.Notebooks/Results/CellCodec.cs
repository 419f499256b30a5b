// Converts the content of a cell to a file and back.

namespace Llm360.Notebooks;

/// <summary>Writes and reads cells.</summary>
/// <typeparam name="T">Content of one cell.</typeparam>
public abstract class CellCodec<T>
{
    /// <summary>Extension of the file, with its dot.</summary>
    public abstract string Extension { get; }

    /// <summary>Writes a cell.</summary>
    /// <param name="stream">An empty file.</param>
    /// <param name="content">The content.</param>
    /// <param name="metadata">Key-value pairs that <see cref="ReadMetadata"/> returns.</param>
    public abstract void Write(Stream stream, T content, IReadOnlyDictionary<string, string> metadata);

    /// <summary>Reads a cell.</summary>
    /// <exception cref="Llm360Exception">It is missing or damaged.</exception>
    public abstract Task<T> ReadAsync(string path, CancellationToken cancellation);

    /// <summary>
    /// The key-value pairs of a cell, without its content; null if there is no such file.
    /// </summary>
    /// <exception cref="Llm360Exception">It is damaged.</exception>
    public abstract IReadOnlyDictionary<string, string>? ReadMetadata(string path);

    /// <summary>Frees a content that was computed and written and is no longer needed.</summary>
    public virtual void Release(T content)
    {
    }
}
