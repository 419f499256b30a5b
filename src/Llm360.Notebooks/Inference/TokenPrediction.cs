// A predicted token.
using System.Globalization;

namespace Llm360.Notebooks;

/// <summary>A token with its probability.</summary>
/// <param name="Token">Token id.</param>
/// <param name="Text">As it reads inside a text.</param>
/// <param name="Probability">From 0 to 1.</param>
public readonly record struct TokenPrediction(int Token, string Text, double Probability)
{
    /// <summary>The text in quotation marks and the probability.</summary>
    public override string ToString() => $"{TokenNames.Quoted(Text)} {Rounded(Probability)}";

    /// <summary>A probability with three decimals.</summary>
    internal static string Rounded(double probability) =>
        probability < 0.0005 ? "<0.001" : probability.ToString("0.000", CultureInfo.InvariantCulture);
}
