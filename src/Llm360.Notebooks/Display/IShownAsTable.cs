// A result that is displayed as a table.
namespace Llm360.Notebooks;

/// <summary>A type that <see cref="TableFormatterSource"/> displays as a table.</summary>
internal interface IShownAsTable
{
    /// <summary>The table that represents the value.</summary>
    Table ToTable();
}
