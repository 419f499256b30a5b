// The parts that the cells of one session share.
namespace Llm360.Notebooks.Kernel.Execution;

/// <summary>The parts of a session that run a cell.</summary>
/// <param name="Submissions">The chain of compiled sections.</param>
/// <param name="Outputs">Where outputs go.</param>
/// <param name="Compiler">Compiles sections to submissions.</param>
/// <param name="Usings">The values declared with <c>using</c>.</param>
internal sealed record CellParts(Submissions Submissions, SessionOutputs Outputs, SectionCompiler Compiler, UsingVariables Usings);
