// The kinds of notebook cells.
namespace Llm360.Notebooks.Kernel.Documents;

/// <summary>The kind of a cell.</summary>
public enum CellType
{
    /// <summary>Source that runs, with outputs.</summary>
    Code,

    /// <summary>Prose in Markdown.</summary>
    Markdown,

    /// <summary>Text that is not rendered.</summary>
    Raw,
}
