// The error for a Hub that cannot be reached, as opposed to a Hub that refuses a request.
namespace Llm360.Notebooks;

/// <summary>The Hub could not be reached.</summary>
/// <param name="what">What is wrong.</param>
/// <param name="where">Where.</param>
/// <param name="remedy">What to do.</param>
/// <param name="inner">The cause.</param>
internal sealed class HubUnreachableException(string what, string where, string remedy, Exception? inner = null)
    : Llm360Exception(what, where, remedy, inner);
