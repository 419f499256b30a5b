// Items made by rule from a suite's held-out text.
namespace Llm360.Notebooks;

/// <summary>Makes items.</summary>
internal static class SuiteItems
{
    /// <summary>Names of the rules.</summary>
    public static IReadOnlyList<string> Rules { get; } = ["continuation", "parameter", "article", "bracket", "documents"];

    /// <summary>The items of a rule, and others for few-shot examples.</summary>
    public static (IReadOnlyList<TaskItem> Items, IReadOnlyList<TaskItem> Pool) Make(string rule, Suite suite) => throw new NotImplementedException();
}
