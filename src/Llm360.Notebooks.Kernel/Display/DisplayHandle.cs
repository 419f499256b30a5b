// A shown value that can be replaced in its cell.
namespace Llm360.Notebooks.Kernel.Display;

/// <summary>Returned by <c>display(x)</c>: replaces what was shown.</summary>
public sealed class DisplayHandle
{
    private readonly Action<MimeBundle, string> update;
    private readonly IReadOnlyList<string> mimeTypes;

    internal DisplayHandle(string id, Action<MimeBundle, string> update, IReadOnlyList<string> mimeTypes)
    {
        Id = id;
        this.update = update;
        this.mimeTypes = mimeTypes;
    }

    /// <summary>The display id, unique in the session.</summary>
    public string Id { get; }

    /// <summary>Replaces the shown value with <paramref name="value"/>, in the cell that showed
    /// it.</summary>
    public void Update(object? value) => update(ValueFormatter.Format(value, mimeTypes), Id);
}
