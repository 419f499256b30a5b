// Imports a subset of lm-eval's YAML.
namespace Llm360.Notebooks;

/// <summary>Reads lm-eval's task files.</summary>
internal static class LmEvalTask
{
    /// <summary>Reads a file.</summary>
    public static EvaluationTask Read(string path) => throw new NotImplementedException();
}
