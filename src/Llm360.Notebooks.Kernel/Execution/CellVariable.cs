// A variable that a cell declared.
namespace Llm360.Notebooks.Kernel.Execution;

/// <summary>A variable of the session.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its declared type.</param>
/// <param name="Value">Its value now.</param>
public sealed record CellVariable(string Name, Type Type, object? Value);
