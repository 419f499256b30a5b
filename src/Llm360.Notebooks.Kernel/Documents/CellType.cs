// The kinds of notebook cells.
namespace Llm360.Notebooks.Kernel.Documents;

/// <summary>What a cell holds.</summary>
public enum CellType
{
    /// <summary>Source that runs, with outputs.</summary>
    Code,

    /// <summary>Prose in Markdown.</summary>
    Markdown,

    /// <summary>Text that nothing renders.</summary>
    Raw,
}
