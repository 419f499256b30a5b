// A shown value that can be replaced where it stands.
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

    /// <summary>Shows <paramref name="value"/> in place of the former one, in whichever cell that was.</summary>
    public void Update(object? value) => update(ValueFormatter.Format(value, mimeTypes), Id);
}
