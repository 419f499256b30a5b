// A result that shows itself as a table.
namespace Llm360.Notebooks;

/// <summary>A type that <see cref="TableFormatterSource"/> shows by its table.</summary>
internal interface IShownAsTable
{
    /// <summary>The table that stands for the value.</summary>
    Table ToTable();
}
