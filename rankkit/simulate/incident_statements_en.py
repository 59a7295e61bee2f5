"""The invented incidents of service work in English; :mod:`rankkit.simulate.incident_texts` reads them.

One a line: id, situation, behaviour, result.
"""

from __future__ import annotations

STATEMENTS = """\
s001|A caller's modem failed after a firmware update|named the faulty version from memory|it was working again in five minutes
s002|A customer asked which plan covers roaming in four countries|listed the plans by country from memory|the customer chose at once
s003|A new tax rule changed the invoice format|explained the new fields on the first day of the rule|no invoice came back
s004|A hospital asked about data retention|quoted the right clause and its exceptions|the contract was signed that week
s005|A customer asked why two cables looked alike|described the difference in rating and use|the right cable was ordered
s006|Two discounts applied to one order|worked out which could be combined under the rules|the total was right the first time
s007|A colleague did not know the warranty of refurbished sets|pointed to the table of periods by page|the customer got the right date
s008|The stock system showed an unfamiliar code|recognised the code as a customs hold|the customer was told the true date
s009|A retired model came in for repair|knew which current part fits it|the repair took one day instead of ten
s010|A customer asked how points expire|gave the rule with a worked example of dates|the points were used in time
s011|An exporter asked for the origin papers|named all three forms that the port requires|the goods cleared on arrival
s012|A chemist asked whether a sensor stands acid|cited the tested range from the data sheet|a wrong purchase was avoided
s013|The menu of the app moved in a new version|directed every caller to the new place from day one|no call had to be passed on
s014|A customer asked about a plan launched last week|found the answer in the manual after two minutes|the customer waited but was served
s015|A caller asked about a rare error light|answered for the usual model before checking the rare one|a second call was needed
s016|A customer asked for the fee of a transfer|knew the fee but not the exemption|the fee was refunded a week later
s017|A shop asked about bulk prices|read the price list aloud line by line|the order was placed in the end
s018|A caller asked how to read the meter|described the usual meter correctly|one of the two meters was read
s019|A customer asked about the repair of a lent set|asked a colleague for the rule|the answer was right after a short hold
s020|A customer asked whether the charger fits|said yes without knowing the voltage|the battery was damaged
s021|A caller asked about a cancelled tariff|offered the tariff that ended a year ago|the contract had to be undone
s022|A clinic asked about the storage of samples|gave the temperature of another product|a batch was lost
s023|A customer asked for the return period|quoted the period of the old policy|the parcel was refused
s024|An invoice showed two tax rates|called it a printing error that can be ignored|the company paid a fine
s025|A customer asked which forms a new line needs|forgot the proof of address|the customer came three times
s026|A caller asked if the alarm works without power|assured the caller of it without knowing|the shop had no alarm in the outage
s027|The new price list had been out for a month|worked from the old list|twelve offers had to be corrected
s028|A customer asked what the blue light means|mistook it for the sign of a full disk|files were deleted for nothing
s029|A customer asked about the safety recall|denied that there was a recall|the set overheated two days later
s030|A dealer asked for the part number|read out the number of the next larger model|the wrong part was shipped
s031|A customer asked whether the data would survive a reset|promised that a reset keeps the data|all photos were lost
s032|A customer asked if the data would survive a reset|promised that a reset keeps the data|all photos were lost
s033|A customer shouted because of a lost parcel|stayed calm and friendly throughout the call|the customer apologised at the end
s034|An old man came five minutes before closing|took the time to serve him without hurrying|he wrote a letter of thanks
s035|A colleague was ill on the busiest day|volunteered for the extra shift unasked|the queue stayed short
s036|A customer with a stammer needed long to speak|waited patiently until every sentence was finished|the customer said he felt respected
s037|A customer complained about another department|apologised sincerely instead of blaming the colleagues|the customer calmed down
s038|A mother with two small children queued at the counter|brought a chair and a glass of water|she thanked the manager in person
s039|The agent had sent a wrong bill|rang the customer to own up before anybody noticed|the customer stayed
s040|A new tool was to be tried out|offered to test it in a free hour|three faults were found early
s041|A customer returned for the third time|greeted him by name with a smile|he relaxed visibly
s042|A trainee was afraid of the first call|sat beside the trainee through the lunch break|the trainee took ten calls that day
s043|A customer was rude about the agent's accent|remained polite without a sharp word|the matter was settled in one call
s044|Rain flooded the entrance in the morning|helped the cleaners before the shift began|the counter opened on time
s045|A widow wanted to close her husband's contract|spoke gently without asking for needless papers|she recommended the firm to friends
s046|The queue was long on a Monday|served everybody correctly but without a smile|nobody complained
s047|A customer told a long story|listened while looking at the clock|the request was taken down
s048|A colleague asked for help with a form|helped after finishing the list in hand|the form went out the same day
s049|Overtime was needed at the end of the month|agreed to stay after being asked twice|the work was done
s050|A customer thanked the agent for a favour|nodded before turning to the next customer|the customer left content
s051|A meeting on courtesy was held|attended without saying a word|the new greeting was used from then on
s052|A customer asked the same question twice|sighed while asking whether he was deaf|the customer cancelled the contract
s053|A customer stood at the counter|went on chatting with a colleague about the weekend|the customer walked out
s054|A caller asked for a small favour at five to six|refused because the shift was nearly over|the caller wrote a complaint
s055|A foreign customer spoke slowly|mimicked his accent in front of others|a film of it went round the web
s056|A colleague asked for a swap of shifts|promised the swap without turning up|the counter was closed for an hour
s057|A customer cried on the telephone|told her to ring again when she could behave|she went to the press
s058|A complaint named the agent|blamed the customer in front of the queue|two more customers left
s059|A student asked about the cheapest plan|laughed at how little she could pay|she bought from a rival
s060|The morning briefing began at eight|came late for the fourth time that month|the briefing had to be repeated
s061|An elderly caller did not understand the menu|hung up in the middle of her sentence|her son complained
s062|A new rule asked for a second check|grumbled about it to customers all day|customers lost confidence
s063|A disabled customer needed the side door|said that opening it was somebody else's job|the customer waited outside in the cold
s064|A foreign customer spoke very slowly|mimicked his accent in front of others|a film of it went round the web
s065|The line of a bakery failed every morning at six|traced it to the oven's timer by comparing the logs|it never failed again
s066|Forty orders were stuck in the system|found the one faulty address that blocked them all|all left the same day
s067|A part was out of stock for weeks|borrowed the part from a display set|the customer was online by evening
s068|A payment failed with a good card|tested cause after cause until the filter was found|thirty customers could pay again
s069|Two customers claimed the same number|reconstructed the order of events from the records|both accepted the outcome
s070|A school's lesson platform broke down before an exam|set up a bypass over the mobile network|the exam began on time
s071|The same fault was reported by five villages|drew a map of the reports to locate the break|the crew went straight to it
s072|A delivery could not pass a closed bridge|arranged a handover on the near side of the river|the goods arrived by noon
s073|Calls dropped in one wing of a hospital|noticed that it happened only while the lift moved|the antenna was shifted and it stopped
s074|A form was refused by the computer again and again|tried it with one field at a time left out|the wrong field was found in minutes
s075|A customer's double bill came back every month|removed its cause in the order file, not only the bill|no further bill was wrong
s076|The printer of the labels died on a feast day|switched the labels to the office printer|all parcels went out
s077|An alarm rang at random in a museum|suspected the cleaning robot that ran at those hours|the museum slept well again
s078|A wrong batch had gone to nine shops|ranked the shops by risk to call the worst first|no set was sold
s079|A customer's old data could not be read|converted the files in two steps|nothing was lost
s080|A set restarted by itself once a day|exchanged the set without looking for the cause|the customer was content for a month
s081|A connection was slow in the evening|went through the standard list before passing it on|the second line solved it
s082|A machine failed for the third time|sent the same part for the third time|it failed for the fourth time
s083|Smoke came from a power supply|suggested to wait and see whether it stops|the table caught fire
s084|An order had vanished from the list|typed it in anew without looking for the first|two deliveries came
s085|The whole street was offline|opened a separate fault for each of sixty callers|the break was found a day late
s086|The payment system froze at noon|did nothing until the shift ended|two hundred payments were lost
s087|A customer described a clear pattern of failures|ignored the pattern by restarting the set again|the set failed the next Monday
s088|The key of the store room was lost|cancelled all deliveries instead of asking for a spare|eleven customers waited
s089|A customer's account was locked by mistake|sent the customer from desk to desk four times|the account stayed locked for a week
s090|A refund was booked to a stranger|booked a second refund without recalling the first|the money was gone
s091|The cooling of the server room stopped|closed the door so that the noise was gone|three servers were destroyed
s092|Two reports contradicted each other|took the more convenient one without a check|the wrong branch was closed
s093|A file was too large to send|gave up after one attempt|the tender was missed
s094|A customer could not reach the emergency line|advised him to try again next week|the customer called the authority
s095|Deliveries to one town kept coming back|sent them out again to the same address|they came back again
s096|A sensor gave values that could not be true|entered the values as they were|the heating ran for a weekend
s097|A customer did not understand the bill|explained each line in plain words|the customer could repeat it correctly
s098|A repair would take six days|told the customer the date and each step in one clear message|nobody had to call back
s099|A deaf customer came to the counter|wrote every step down in short sentences|the contract was understood and signed
s100|A customer's request was confused|summed it up in one sentence put as a question|the right form was filled in
s101|A fault was handed over at the change of shift|left a note with facts, times and open points|the next shift had no question
s102|Bad news was due to a large customer|said it directly at the beginning with the reasons after|the customer praised the openness
s103|A customer spoke a dialect|repeated the key points in simple standard speech|the address was noted correctly
s104|An e-mail had four questions|answered all four under numbered headings|no further e-mail was needed
s105|A technician and a customer misunderstood each other|put the technician's terms into everyday words|they agreed on a time
s106|A meeting of tenants grew loud|let each side finish before repeating what it had said|a common list was agreed
s107|A customer was to install the box alone|drew a small sketch of the three plugs|it worked at the first attempt
s108|A delay was known at nine in the morning|called all customers concerned before ten|only one came in vain
s109|A frightened caller could not name the fault|asked short questions to be answered by yes or no|the fault was clear in two minutes
s110|A change of price was announced|sent the standard letter to everybody|half of them called to ask what it meant
s111|A customer asked for the state of the repair|gave the state in technical terms|the customer asked a neighbour what it meant
s112|A report on the week was due|listed the numbers without a comment|the manager had two questions
s113|A customer asked for a call back|left a message with the number but no name|the customer reached the agent at the third attempt
s114|A colleague took over a case|handed over the file with answers only when asked|some points were cleared up later
s115|A customer asked two things at once|answered the first fully and the second in brief|the second was clear after a call
s116|A customer asked why the line was cut|used nothing but internal abbreviations|the customer called a lawyer
s117|A customer described the fault in detail|interrupted after every few words|the wrong fault was noted
s118|A branch was to close for three days|told nobody of it|eighty customers stood before a closed door
s119|An e-mail asked three questions|answered only the easiest of them|the customer wrote three more times
s120|A customer was to send papers|gave the address so fast that it could not be written down|the papers went astray
s121|A case was handed to the night shift|said only that it was complicated|the night shift began from nothing
s122|A customer asked for a clear yes or no|talked for ten minutes without either|the customer hung up
s123|A technician was on the way|passed on the wrong house number|a customer with oxygen waited for hours
s124|A letter went to all customers|wrote it in legal language of two pages|the hotline broke down under questions
s125|A customer asked what would happen next|replied that he would see soon enough|he complained to the board
s126|A colleague asked for the result of a call|answered a different question|the call had to be made again
s127|Two dates were possible for a visit|mentioned only one, and that in passing|nobody was at home
s128|A customer had a poor line|went on reading the terms without asking whether he heard|the consent was void
s129|A customer asked how the tariff works|explained the rules of the tariff with an example|the customer chose well
s130|A set showed an unknown error|recalled a similar case with its remedy|the set worked again
s131|A customer asked what the term meant|gave a wrong and muddled description|the customer bought the wrong thing
s132|A fault needed a special reset|pressed one button after the other|the settings were lost
s133|A customer asked for the opening times of all shops|forwarded the internal list|the customer found the time
s134|A nervous customer signed a contract|took time to talk the customer through it|the customer felt safe
s135|A customer's holiday was at risk|stayed late to look for another booking|the holiday was saved
s136|A customer asked for the manager|answered curtly that there was none|the customer left
s137|A lost bag was reported|shrugged without making an enquiry|the bag was never found
s138|A customer made small talk|answered briefly while working|the form was finished
s139|A colleague's case was left open|took it over when told to|it was closed on Friday
s140|A rare fault stopped a factory|used the manual of a sister product to find the cause|the factory ran again
s141|Three departments disagreed about a case|brought them to one table to settle it|the case was closed in a day
s142|A customer's third complaint came in|filed it with the others unread|the customer left
s143|A test failed with a known code|guessed at the cause without reading the code|the wrong board was changed
s144|A customer was given the wrong date twice|offered a voucher|the customer accepted it
s145|A request fitted none of the forms|asked the team leader what to do|it was settled next day
s146|An angry customer was called back|listened to the whole story before saying a word|the customer thanked the agent
s147|A trainee asked about the new terms|taught them with cases from the week|the trainee passed the test
s148|A customer asked to speak more slowly|went on at the same speed|the customer gave up
s149|A team was not told of the outage|kept the outage quiet while searching alone|sixty calls came in
s150|A customer asked for written terms|sent the general terms|the customer found the clause
"""

VERBS = """\
advised=advise agreed=agree answered=answer apologised=apologise arranged=arrange asked=ask assured=assure attended=attend
blamed=blame booked=book borrowed=borrow brought=bring called=call came=come cancelled=cancel cited=cite closed=close
converted=convert denied=deny described=describe did=do directed=direct drew=draw entered=enter exchanged=exchange
explained=explain filed=file forgot=forget forwarded=forward found=find gave=give greeted=greet grumbled=grumble guessed=guess
handed=hand helped=help hung=hang ignored=ignore interrupted=interrupt kept=keep knew=know laughed=laugh left=leave let=let
listed=list listened=listen mentioned=mention mimicked=mimic mistook=mistake named=name nodded=nod noticed=notice offered=offer
opened=open passed=pass pointed=point pressed=press promised=promise put=put quoted=quote rang=ring ranked=rank read=read
recalled=recall recognised=recognise reconstructed=reconstruct refused=refuse remained=remain removed=remove repeated=repeat
replied=reply said=say sat=sit sent=send served=serve set=set shrugged=shrug sighed=sigh spoke=speak stayed=stay suggested=suggest
summed=sum suspected=suspect switched=switch talked=talk taught=teach tested=test told=tell took=take traced=trace tried=try
typed=type used=use volunteered=volunteer waited=wait went=go worked=work wrote=write
"""  # as it happened = as it could be expected
